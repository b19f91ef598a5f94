"""Which packages are which base software (基础软件): the names reviewers use -> package names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

# A pattern is matched against whole package names; what is not here is no base software.
BASE_SOFTWARE: Final[Mapping[str, tuple[str, ...]]] = {
    "Apache HTTP Server": ("httpd", "apache2"),
    "Apache Tomcat": ("tomcat", "tomcat[0-9]", "tomcat[0-9][0-9]"),
    "Docker": ("docker", "docker-ce", "docker.io", "moby-engine"),
    "HAProxy": ("haproxy",),
    "Keepalived": ("keepalived",),
    "nginx": ("nginx",),
    "OpenJDK": ("java-*-openjdk-headless", "java-*-openjdk", "openjdk-*-jre-headless"),
    "PHP": ("php", "php[0-9].[0-9]"),
    "RabbitMQ": ("rabbitmq-server",),
    "Redis": ("redis", "redis-server"),
    "Samba": ("samba",),
    "vsftpd": ("vsftpd",),
}
DATABASES: Final[Mapping[str, tuple[str, ...]]] = {
    "mysql": ("mysql-community-server", "mysql-server", "mysql-commercial-server"),
    "mariadb": ("mariadb-server", "MariaDB-server"),
    "postgresql": ("postgresql-server", "postgresql[0-9][0-9]-server", "postgresql-[0-9][0-9]"),
}


def installed(packages: Mapping[str, Sequence[Mapping[str, Any]]], patterns: Sequence[str]) -> str:
    """Given the packages of a host and patterns, return the versions found, "" when none is."""
    found = {
        str(one.get("version", ""))
        for name, versions in packages.items()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
        for one in versions
    }
    return ", ".join(sorted(found))
