"""A bot and a feed of the kind that people write with ccxt.

    kraken_bot.py trade URL     asks its gate, and places an order, again and again
    kraken_bot.py feed URL      lists the open orders as event lines, for `estop ingest`
"""

import json
import os
import sys
import time

import ccxt

import estop
from kraken_server import KEY, SECRET


def exchange(url):
    made = ccxt.kraken({"apiKey": KEY, "secret": SECRET, "enableRateLimit": False})
    made.urls["api"]["public"] = made.urls["api"]["private"] = url
    return made


def trade(venue):
    venue.load_markets()
    with estop.Gate(name="ccxt-grid", scope="venue=kraken,account=main,strategy=grid", interval=0.5) as gate:
        while os.getppid() != 1:
            gate.beat()
            if gate.permits():
                venue.create_order("BTC/USD", "limit", "buy", 0.001, 9000)
            time.sleep(0.05)


def feed(venue):
    venue.load_markets()
    while os.getppid() != 1:
        asked = time.time()
        rows = [
            {
                "venue_id": order["id"],
                "symbol": order["symbol"],
                "side": order["side"],
                "quantity": repr(order["amount"]),
                "price": repr(order["price"]),
                "state": "ACKNOWLEDGED",
            }
            for order in venue.fetch_open_orders()
        ]
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(asked)) + f".{int(asked % 1 * 1000):03d}Z"
        line = {
            "v": 1, "type": "open_orders", "source": "venue:kraken", "venue": "kraken", "account": "main",
            "asked_at": stamp, "orders": rows,
        }  # fmt: skip
        print(json.dumps(line), flush=True)
        time.sleep(0.25)


if __name__ == "__main__":
    {"trade": trade, "feed": feed}[sys.argv[1]](exchange(sys.argv[2]))
