"""Runs a kernel for a program that talks to it in lines of JSON.

usage: kernel.py NAME FOLDER

Prints {"pid": ..., "seconds": ...}, the process that Jupyter started and how long that
took, and then answers requests from standard input, one a line:

  {"run": CODE}                         runs a cell
  {"run": CODE, "interrupt": SECONDS}   and interrupts it so long after it has written something
  {"run": CODE, "tell": true}           and prints {"wrote": TEXT} when it first does
  {"complete": CODE, "at": N}           what completion offers
  {"inspect": CODE, "at": N}            what hovering shows

A cell's answer is {"status": ..., "seconds": ..., "error": ..., "outputs": [...]}, an output
is {"at": SECONDS, "kind": MIME or stream, "text": ...}; pictures are base64. The kernel is
shut down when the input ends.
"""
import json
import sys
import threading
import time

from jupyter_client.manager import start_new_kernel

start = time.monotonic()
manager, client = start_new_kernel(kernel_name=sys.argv[1], cwd=sys.argv[2])


def say(**what):
    print(json.dumps(what), flush=True)


def run(code, interrupt=None, tell=False):
    outputs, failed = [], [""]
    begin = time.monotonic()

    def hear(message):
        content, at = message["content"], time.monotonic() - begin
        if message["msg_type"] == "stream":
            if tell and not outputs:
                say(wrote=content["text"])
            if interrupt and not outputs:
                timer.start()
            outputs.append({"at": at, "kind": content["name"], "text": content["text"]})
        elif message["msg_type"] == "error":
            failed[0] = content["evalue"]
        elif "data" in content:
            outputs.extend({"at": at, "kind": kind, "text": str(text)} for kind, text in content["data"].items())

    timer = threading.Timer(interrupt or 0, manager.interrupt_kernel)
    reply = client.execute_interactive(code, output_hook=hear, timeout=900, allow_stdin=False)["content"]
    timer.cancel()
    return {"status": reply["status"], "seconds": time.monotonic() - begin, "error": failed[0], "outputs": outputs}


say(pid=manager.provisioner.pid, seconds=time.monotonic() - start)
try:
    for line in sys.stdin:
        request = json.loads(line)
        if "run" in request:
            say(**run(request["run"], request.get("interrupt"), request.get("tell")))
        elif "complete" in request:
            reply = client.complete(request["complete"], request["at"], reply=True, timeout=900)
            say(matches=reply["content"].get("matches", []))
        else:
            reply = client.inspect(request["inspect"], request["at"], reply=True, timeout=900)
            say(text=str(reply["content"].get("data", {})))
finally:
    client.stop_channels()
    manager.shutdown_kernel()
