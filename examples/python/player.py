#!/usr/bin/env python3
"""One player that goes through steps 1 to 9 of the README's protocol section, with nothing but that section known.

Needs python-socketio 5 with websocket-client, and requests (Debian: python3-socketio python3-websocket python3-requests).
Usage: player.py API_URL API_KEY PLAYER_ID [PLAYER_ID ...]   (four players fill a room of the mode "battle")
Exit code 0 when every player has finished.
"""
import sys
import threading
import time
import uuid

import requests
import socketio

PATIENCE_S = 60


def ask(url, key, body):
    """POSTs until answered; 502, 503 and 504 are tried again with the same Idempotency-Key."""
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(uuid.uuid4())}
    deadline = time.monotonic() + PATIENCE_S
    while True:
        reply = requests.post(url, json=body, headers=headers, timeout=5)
        if reply.status_code == 200:
            return reply.json()
        if reply.status_code not in (502, 503, 504) or time.monotonic() > deadline:
            raise RuntimeError(f"{url}: {reply.status_code} {reply.text}")
        time.sleep(reply.json()["error"].get("retryAfterMs", 500) / 1000)


def connect(answer):
    socket = socketio.Client(reconnection=False)
    return socket, lambda: socket.connect(f"{answer['endpoint']}?ticket={answer['ticket']}", transports=["websocket"])


def play(api, key, player, outcome):
    # 1, 2, 3: a lobby node
    lobby, open_lobby = connect(ask(f"{api}/v1/lobby", key, {"playerId": player}))
    match, matched = {}, threading.Event()

    @lobby.on("ALL_CONNECTED")
    def all_connected(data):
        match.update(data)
        matched.set()
        return True  # the return value is the acknowledgement

    open_lobby()
    lobby.emit("ENTER", {"mode": "battle", "pool": "python"})
    # 4, 5: the match
    if not matched.wait(PATIENCE_S):
        raise RuntimeError("no match")

    # 6, 7, 8: the room's game node
    room = match["room_id"]
    place = ask(f"{api}/v1/rooms/{room}/start", key, {"matchToken": match["match_token"]})
    game, open_game = connect(place)
    complete, seen = threading.Event(), set()

    @game.on("JOINED")
    def joined(data):
        if data["complete"]:
            complete.set()

    @game.on("STATE")
    def state(data):
        seen.update(data["positions"])

    open_game()
    lobby.disconnect()
    game.emit("CONNECT", {"room_id": room})
    if not complete.wait(PATIENCE_S):
        raise RuntimeError("the room did not fill")
    for step in range(20):
        game.emit("POSITION", {"x": step, "y": -step})
        time.sleep(0.1)

    # 9: finish
    ask(f"{api}/v1/rooms/{room}/finish", key, {"matchToken": match["match_token"], "result": {"score": 1}})
    game.disconnect()
    others = set(match["members"]) - {player}
    if not others <= seen:
        raise RuntimeError(f"positions of {sorted(others - seen)} never came")
    outcome[player] = place["nodeId"]


def main():
    if len(sys.argv) < 4 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 2
    api, key, players = sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3:]
    outcome = {}
    threads = [threading.Thread(target=play, args=(api, key, player, outcome)) for player in players]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\n".join(f"{player}: played on {node}" for player, node in sorted(outcome.items())))
    return 0 if len(outcome) == len(players) else 1


if __name__ == "__main__":
    sys.exit(main())
