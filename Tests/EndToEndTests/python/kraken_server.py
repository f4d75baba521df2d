"""A small Kraken: the part of its REST protocol that ccxt's kraken uses to trade one pair, over real HTTP.

    kraken_server.py PORT_FILE LANDING_DELAY

An order that is accepted is on the book LANDING_DELAY seconds later, as at a busy venue.  Its signatures are checked.
What is true is told under /test/state: {"open": [...], "on_the_way": [...]}; /test/cancel cancels everything.
"""

import base64
import hashlib
import hmac
import json
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "test-key"
SECRET = base64.b64encode(b"a secret of sixty-four bytes, as long as those of the venue are.").decode()

ASSETS = {
    "XXBT": {"aclass": "currency", "altname": "XBT", "decimals": 10, "display_decimals": 5, "status": "enabled"},
    "ZUSD": {"aclass": "currency", "altname": "USD", "decimals": 4, "display_decimals": 2, "status": "enabled"},
}
PAIRS = {
    "XXBTZUSD": {
        "altname": "XBTUSD", "wsname": "XBT/USD", "aclass_base": "currency", "base": "XXBT",
        "aclass_quote": "currency", "quote": "ZUSD", "lot": "unit", "cost_decimals": 5, "pair_decimals": 1,
        "lot_decimals": 8, "lot_multiplier": 1, "leverage_buy": [], "leverage_sell": [], "fees": [[0, 0.4]],
        "fees_maker": [[0, 0.25]], "fee_volume_currency": "ZUSD", "margin_call": 80, "margin_stop": 40,
        "ordermin": "0.0001", "costmin": "0.5", "tick_size": "0.1", "status": "online",
    }
}  # fmt: skip


class Book:
    def __init__(self, delay):
        self.lock = threading.Lock()
        self.delay = delay
        self.orders = {}
        self.count = 0

    def add(self, form):
        with self.lock:
            self.count += 1
            name = f"O{self.count:05d}-ABCDE-FGHIJK"
            self.orders[name] = (time.monotonic() + self.delay, time.time(), form)
            return name

    def split(self):
        """What is on the book, and what is on its way there."""
        now = time.monotonic()
        with self.lock:
            landed = {name: order for name, order in self.orders.items() if order[0] <= now}
            return landed, [name for name in self.orders if name not in landed]

    def cancel(self, name=None):
        with self.lock:
            gone = [key for key in self.orders if name is None or key == name]
            for key in gone:
                del self.orders[key]
            return len(gone)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    book = None

    def log_message(self, *_):
        pass

    def answer(self, result=None, error=None):
        self.say({"error": [error] if error else [], "result": result})

    def say(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        if path == "/test/state":
            landed, coming = self.book.split()
            return self.say({"open": sorted(landed), "on_the_way": sorted(coming)})
        if path == "/0/public/Assets":
            return self.answer(ASSETS)
        if path == "/0/public/AssetPairs":
            return self.answer(PAIRS)
        if path == "/0/public/Time":
            return self.answer({"unixtime": int(time.time())})
        return self.answer(error="EGeneral:Unknown method")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urllib.parse.urlsplit(self.path).path
        if path == "/test/cancel":
            return self.say({"count": self.book.cancel()})
        form = dict(urllib.parse.parse_qsl(body.decode()))
        digest = hashlib.sha256(form.get("nonce", "").encode() + body).digest()
        signed = hmac.new(base64.b64decode(SECRET), path.encode() + digest, hashlib.sha512).digest()
        if self.headers.get("API-Key") != KEY or self.headers.get("API-Sign") != base64.b64encode(signed).decode():
            return self.answer(error="EAPI:Invalid signature")
        if path == "/0/private/AddOrder":
            name = self.book.add(form)
            text = f"{form.get('type')} {form.get('volume')} XBTUSD @ limit {form.get('price')}"
            return self.answer({"txid": [name], "descr": {"order": text}})
        if path == "/0/private/OpenOrders":
            return self.answer({"open": {name: self.row(order) for name, order in self.book.split()[0].items()}})
        if path == "/0/private/CancelOrder":
            return self.answer({"count": self.book.cancel(form.get("txid"))})
        if path == "/0/private/CancelAll":
            return self.answer({"count": self.book.cancel()})
        if path == "/0/private/Balance":
            return self.answer({"ZUSD": "100000.0000", "XXBT": "0.0000000000"})
        return self.answer(error="EGeneral:Unknown method")

    @staticmethod
    def row(order):
        _, opened, form = order
        return {
            "refid": None, "userref": 0, "status": "open", "opentm": opened, "starttm": 0, "expiretm": 0,
            "descr": {
                "pair": "XBTUSD", "type": form.get("type"), "ordertype": "limit", "price": form.get("price"),
                "price2": "0", "leverage": "none", "order": "", "close": "",
            },
            "vol": form.get("volume"), "vol_exec": "0.00000000", "cost": "0.0", "fee": "0.0", "price": "0.0",
            "stopprice": "0.0", "limitprice": "0.0", "misc": "", "oflags": "fciq",
        }  # fmt: skip


def main():
    Handler.book = Book(float(sys.argv[2]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with open(sys.argv[1] + ".new", "w") as file:
        file.write(str(server.server_port))
    import os

    os.rename(sys.argv[1] + ".new", sys.argv[1])
    server.serve_forever()


if __name__ == "__main__":
    main()
