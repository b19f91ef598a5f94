"""The scan for passwords in clear: the probe's own awk program on real files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from opsrunner.sources.script import load_probes

PROBES = Path(__file__).parents[3] / "roles" / "observe_linux" / "files" / "probes"

LEAKS = """\
password=abc123
DB_PASSWORD='abc'
  "password": "s3cret",
export MYSQL_PWD=abc123
mysql -uroot -pSecret1 db
mysqldump -h 1 -u x -p'Abc 1' db
mysqldump --user=x --password=Abc1 db
sshpass -p Abc123 ssh root@h
curl --user "admin:Abc123" http://h
wget ftp://u:p4ss@host/x
echo Abc123 | passwd --stdin ops
echo "ops:Abc123" | chpasswd
redis-cli -a Abc123 ping
requirepass foobared
bindpw secret
ldap_default_authtok = abc
<password>abc</password>
<user username="tomcat" password="tomcat" roles="x"/>
rootpw --plaintext abc
ALTER USER x IDENTIFIED BY 'abc';
alter\\040user\\040x\\040identified\\040by\\040'abc';
sqlplus sys/oracle@db as sysdba
//10.0.0.1/x /mnt cifs username=u,password=abc,ro 0 0
Environment="DB_PASSWORD=abc"
password = $ecret1
jdbc.url=jdbc:mysql://h/db?user=u&password=abc
口令：abc"""

HARMLESS = """\
password=
password=""
password=${DB_PASSWORD}
password=$DB_PASSWORD
password: {{ vault_db }}
password: <your password>
password=********
#password=abc
; password=abc
// password=abc
mysql -uroot -p db
mysql -P3306 -h x
curl -u admin http://h
password: $6$abcdefgh$ABCDEFGHIJKLMNOPQRSTUVWX
rootpw --iscrypted $6$abcdefgh$ABCDEFGH
password = ENC(abcd)
PasswordAuthentication no
password_file=/etc/pw
PWD=/root
echo "$x" | passwd --stdin ops
sqlplus / as sysdba
http://host:8080/a@b
read -s -p "Password: " p
compass=1
mkdir -p /x
PASS_MAX_DAYS 90"""


def scan(*files: Path) -> str:
    """Given files, return what the probe's program prints of them."""
    body = load_probes(PROBES)["secrets.cleartext"].body
    program = body[body.index("} | awk '") + len("} | awk '") : body.rindex("'")]
    names = "".join(f"{file}\n" for file in files)
    done = subprocess.run(["awk", program], input=names, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("line", LEAKS.splitlines())
def test_a_password_is_found_and_never_printed(line: str, tmp_path: Path) -> None:
    file = tmp_path / "app.conf"
    file.write_text(f"# first\n{line}\r\n", encoding="utf-8")
    found = scan(file).splitlines()
    assert len(found) == 1
    state, kind, number, path = found[0].split("|")
    assert (state, number, path) == ("found", "2", str(file))
    assert kind in {"setting", "url", "command", "sql"}


@pytest.mark.parametrize("line", HARMLESS.splitlines())
def test_no_password_is_seen_where_none_is(line: str, tmp_path: Path) -> None:
    file = tmp_path / "app.conf"
    file.write_text(f"{line}\n", encoding="utf-8")
    assert scan(file) == ""


def test_a_commented_block_of_xml_is_skipped_and_what_follows_is_not(tmp_path: Path) -> None:
    file = tmp_path / "tomcat-users.xml"
    file.write_text('<!--\n<user password="a"/>\n-->\n<user password="b"/>\n', encoding="utf-8")
    assert [line.split("|")[2] for line in scan(file).splitlines()] == ["4"]


def test_a_file_that_was_not_read_to_its_end_is_said(tmp_path: Path) -> None:
    file = tmp_path / "big.conf"
    file.write_text("x" * 100 + "\n" + ("y" * 1000 + "\n") * 1100, encoding="utf-8")
    assert scan(file).startswith("left|")


def test_a_history_is_searched_beyond_its_time_marks(tmp_path: Path) -> None:
    file = tmp_path / ".bash_history"
    file.write_text("#1700000000\nmysql -pAbc x\n#mysql -pAbc x\n", encoding="utf-8")
    assert [line.split("|")[2] for line in scan(file).splitlines()] == ["2", "3"]
