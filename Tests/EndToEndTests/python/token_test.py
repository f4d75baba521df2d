"""A token of `estop token issue`, judged by another implementation, and one of its making handed back.

Reads a token on standard input and the keys from the file named; verifies the signature, then prints the same header and
claims, signed anew. HS256 by the standard library; EdDSA by the package `cryptography`, else by openssl.
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile

# The DER of a PKCS #8 private key and of a public key of Ed25519, up to their 32 bytes (RFC 8410).
PRIVATE = bytes.fromhex("302e020100300506032b657004220420")
PUBLIC = bytes.fromhex("302a300506032b6570032100")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(key, public, message, signature=None):
    with tempfile.TemporaryDirectory() as folder:
        def path(name, data):
            where = os.path.join(folder, name)
            with open(where, "wb") as file:
                file.write(data)
            return where

        command = ["openssl", "pkeyutl", "-rawin", "-in", path("message", message)]
        if signature is None:
            command += ["-sign", "-keyform", "DER", "-inkey", path("key", PRIVATE + key)]
            return subprocess.run(command, check=True, capture_output=True).stdout
        command += ["-verify", "-pubin", "-keyform", "DER", "-inkey", path("key", PUBLIC + public)]
        command += ["-sigfile", path("signature", signature)]
        subprocess.run(command, check=True, capture_output=True)


def ed25519(key, public, message, signature=None):
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519 as curve
    except ImportError:
        return openssl(key, public, message, signature)
    if signature is None:
        return curve.Ed25519PrivateKey.from_private_bytes(key).sign(message)
    curve.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


def hs256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def main():
    token = sys.stdin.read().strip()
    with open(sys.argv[1], encoding="utf-8") as file:
        keys = {entry["kid"]: entry for entry in json.load(file)["keys"]}
    header, payload, signature = token.split(".")
    named = json.loads(decode(header))
    entry = keys[named["kid"]]
    assert named == {"alg": entry["alg"], "typ": "JWT", "kid": entry["kid"]}, named
    secret, public = decode(entry["secret"]), decode(entry["public"])
    message = f"{header}.{payload}".encode()
    # The same in another order and with blanks: other bytes, the same meaning.
    claims = dict(reversed(json.loads(decode(payload)).items()))
    again = encode(json.dumps(named, indent=1).encode()) + "." + encode(json.dumps(claims, indent=1).encode())
    if named["alg"] == "HS256":
        assert hmac.compare_digest(decode(signature), hs256(secret, message))
        made = hs256(secret, again.encode())
    else:
        ed25519(secret, public, message, decode(signature))
        made = ed25519(secret, public, again.encode())
    print(again + "." + encode(made))


main()
