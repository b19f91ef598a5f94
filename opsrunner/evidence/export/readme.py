"""The README of an export: how an assessor proves it without anything of ours."""

from __future__ import annotations

from opsrunner.evidence.signing import EVIDENCE, EXPORT, PRINCIPAL

SUMS = "sha256sum -c --quiet SHA256SUMS && echo OK"


def _verify(namespace: str, file: str) -> str:
    signer = f"-f allowed_signers -I {PRINCIPAL} -n {namespace}"
    return f"ssh-keygen -Y verify {signer} -s {file}.sig < {file}"


FINGERPRINT = "ssh-keygen -l -f signing.pub"
SIGNATURE = _verify(EXPORT, "SHA256SUMS")
HEAD = _verify(EVIDENCE, "head.json")

# sed turns each line into "hash prev content"; read leaves the content as it is.
CHAIN = r"""for file in records.jsonl documents.jsonl; do
  last=
  sed -E 's/^\{"hash":"([0-9a-f]{64})","prev":"([0-9a-f]{64})","record":(.*)\}$/\1 \2 \3/' $file |
  { while IFS=' ' read -r hash prev record; do
      if [ "$record" != null ]; then
        sum=$(printf '%s%s' "$prev" "$record" | sha256sum | cut -d ' ' -f 1)
        [ "$sum" = "$hash" ] || echo "BROKEN record: $hash"
      fi
      if [ "$file" = records.jsonl ] && [ -n "$last" ] && [ "$prev" != "$last" ]; then
        echo "BROKEN link: $hash"
      fi
      last=$hash
    done
    if [ "$file" = records.jsonl ]; then
      grep -q "\"hash\":\"$last\"" head.json && echo "OK: the chain ends at the signed head"
    fi
  }
done"""

README = f"""\
一次运行的证据包 / Evidence of one run
======================================

核验只需 sha256sum 与 OpenSSH 8.2 以上版本的 ssh-keygen，无需安装 opsrunner。
在解压后的目录中依次执行下列命令（Linux，或 Windows 的 Git Bash）。
Checking needs sha256sum and ssh-keygen (OpenSSH 8.2 or later) and nothing of opsrunner.
Run these commands in the unpacked folder (Linux, or Git Bash on Windows).

1. 每个文件未被改动，应显示 OK / No file was changed; prints OK

{SUMS}

2. 校验清单由签名密钥签署，应显示 Good "{EXPORT}" signature
   The list of hashes was signed; prints Good "{EXPORT}" signature

{SIGNATURE}

3. 密钥指纹应与运维方另行（当面或书面）提供的指纹一致；包内的密钥本身不能证明其归属
   The fingerprint must be the one you were given by another way (in person, on paper): the key
   inside this package cannot prove whose it is

{FINGERPRINT}

4. 证据链的链头由同一密钥签署 / The head of the evidence chain was signed by the same key

{HEAD}

5. （可选）逐条复算证据链，应只显示一行 OK，不出现 BROKEN
   (Optional) Compute the chain again, record by record; prints one OK and no BROKEN

{CHAIN}

目录 / What is where
--------------------
manifest.json     本包内容索引：运行、对象、证据与文件的对应关系
                  index: the run, its subjects, which evidence is in which file
subjects/         各对象的原始观测与判定（可直接阅读） / what was observed and found, by subject
inputs/           本次运行所用的策略与资产清单 / policies and inventory the run used
outputs/          运行产出 / what the run gave
documents/        人工提交的证明材料 / documents attached by persons
blobs/            同样内容的存储原件（zstd 压缩，文件名即 SHA-256）
                  the same content as stored (zstd; the file name is its SHA-256)
records.jsonl     证据链中本次运行的记录；其间其他运行的记录只保留哈希（record 为 null）
                  the run's records; of other runs' records in between only the hashes (null)
documents.jsonl   证明材料的登记记录 / the records of the attached documents
head.json         本次运行结束时的链头 / the chain's head at the end of the run

每条记录：hash = SHA-256(prev + record)，均为所见文本的 UTF-8 字节。
Of each record: hash = SHA-256(prev + record), the UTF-8 bytes of the texts as they stand.
"""
