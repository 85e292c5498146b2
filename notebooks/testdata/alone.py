"""Plays with a live card on pages that play Jupyter and GoNB, in headless Chromium, and prints what came of each as JSON.

usage: alone.py PAGE FOLDER REPLY

PAGE is a live card on a page that looks like Jupyter's, of the kernel "ours" and the class 7, which has the layers 3 and 4. REPLY is the reply to its
first question, which asks for class 2. Screenshots go to the folder. Prints {CASE: {"said": STATUS, "live": N, "busy": N, "title":
TITLE, "about": SUBTITLE, "sent": [QUESTION, ...]}}; "live" is 1 while the card has its Stop.
"""
import json
import pathlib
import sys

from jupyterlab_browser import chromium, drawing

page_file, folder, reply_file = map(pathlib.Path, sys.argv[1:])
reply, out = json.loads(reply_file.read_text(encoding="utf-8")), {}

# A connection as GoNB makes it; what the card sends on it is kept, and knocks are answered while the cell lives.
CONNECTION = """
  globalThis.sent = [];
  globalThis.cell = true;
  globalThis.connection = kernel => {
    const c = { _kernel_id: kernel, websocket_is_opened: true, _websocket: new EventTarget(), heard: [] };
    c.subscribe = (_, heard) => c.heard.push(heard);
    c.reply = r => c.heard.forEach(heard => heard("", JSON.stringify(r)));
    c.send = (_, text) => {
      const asked = JSON.parse(text);
      if (asked.ping) return globalThis.cell ? c.reply({ serial: 0, pong: true }) : undefined;
      sent.push({ kernel, ...asked });
    };
    return c;
  };
  globalThis.tells = (state, parent) => gonb_comm._websocket.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(
    { msg_type: "status", content: { execution_state: state }, parent_header: { msg_type: parent } }) }));
"""
OURS = "globalThis.gonb_comm = connection('ours');"


def play(browser, name, act=lambda page, card: None, file=page_file, connections=OURS, clock=False):
    page = browser.new_page(viewport={"width": 900, "height": 900})
    errors = []
    page.on("pageerror", lambda e: errors.append(str(e)))
    if clock:  # time stands still but for what the case lets go by
        page.clock.install(time=0)
        page.clock.pause_at(1)
    page.add_init_script(CONNECTION + connections)
    page.goto(file.resolve().as_uri())
    card = page.locator(".gradcam-card")
    card.locator(".stage").wait_for()
    act(page, card)
    page.screenshot(path=folder / f"alone-{name.replace(' ', '-')}.png")
    out[name] = {"said": card.locator("p[role=status].note").inner_text(), "live": card.locator('[data-name="stop"]').count(),
                 "busy": card.locator(".busy").count(), "title": card.locator("h3").inner_text(),
                 "about": card.locator("p.sub").inner_text(), "sent": page.evaluate("sent"), "errors": errors}
    page.close()


def tells(*said):
    return lambda page, card: page.evaluate("said => tells(...said)", list(said))


def changes_mind(page, card):
    """Asks for class 2 and goes back to class 7 before the answer."""
    card.locator('[data-class="2"]').click()
    with drawing(card):
        card.locator('[data-class="7"]').click()


def is_answered_late(page, card):
    changes_mind(page, card)
    page.evaluate("r => gonb_comm.reply(r)", reply)


def is_answered(page, card):
    card.locator('[data-class="2"]').click()
    with drawing(card):
        page.evaluate("r => gonb_comm.reply(r)", reply)


def closes(page, card):
    page.evaluate("gonb_comm.reply({ serial: 0, pong: true })")
    page.evaluate("gonb_comm._websocket.dispatchEvent(new Event('close'))")


def given_up(page, card):
    """The first connection is closed before anything came on it; the cell opens another one."""
    page.evaluate("() => { const old = gonb_comm; delete globalThis.gonb_comm; old._websocket.dispatchEvent(new Event('close')); sent.length = 0; }")
    page.clock.run_for(1_000)
    page.evaluate(OURS)
    page.clock.run_for(1_000)


def asks_and_is_given_up(page, card):
    """A question is lost with the first connection, and asked again on the second."""
    card.locator('[data-class="2"]').click()
    given_up(page, card)
    page.evaluate("r => { if (sent.some(q => q.index === 2)) gonb_comm.reply(r); }", reply)
    page.clock.run_for(1_000)


def stops_and_closes(page, card):
    card.locator('[data-name="stop"]').click()
    page.evaluate("gonb_comm._websocket.dispatchEvent(new Event('close'))")


def pauses(page, card):
    page.evaluate("cell = false")
    page.clock.run_for(7_000)


def answers_again(page, card):
    pauses(page, card)
    page.evaluate("cell = true")
    page.clock.run_for(3_000)


def sleeps(page, card):
    """A page that is not seen, or a machine that sleeps: timers fire once a minute, and the cell answers."""
    for _ in range(3):
        page.clock.fast_forward(60_000)


def leaves_its_tab(page, card):
    """The notebook's tab is closed while the page stays; the card is looked at outside of it."""
    page.evaluate("""() => { const tab = document.querySelector(".jp-NotebookPanel");
      document.body.append(...tab.querySelectorAll(".gradcam-card")); tab.remove(); }""")
    page.clock.run_for(4_000)


def is_run_once_more(page, card):
    """The cell's output is cleared, and the card looked at outside of it; Jupyter waits for the cell's end. The card says that it leaves."""
    page.evaluate('document.querySelector(".jp-NotebookPanel").append(...document.querySelectorAll(".gradcam-card"))')
    page.clock.run_for(4_000)
    assert page.evaluate("sent.some(q => q.leave)"), "the card does not say that it leaves"


def goes(page, card):
    page.evaluate("cell = false")
    sleeps(page, card)


with chromium() as browser:
    play(browser, "live")
    play(browser, "restarting", tells("restarting", "x"))
    play(browser, "starting", tells("starting", "x"))
    play(browser, "ended", tells("idle", "execute_request"))
    play(browser, "another message", tells("idle", "comm_msg"))
    play(browser, "closed", closes)
    play(browser, "given up", given_up, clock=True)
    play(browser, "asked and given up", asks_and_is_given_up, clock=True)
    play(browser, "stopped and closed", stops_and_closes)
    play(browser, "does not answer yet", pauses, clock=True)
    play(browser, "answers again", answers_again, clock=True)
    exported = folder / "exported.html"
    exported.write_text(page_file.read_text(encoding="utf-8").replace("jupyter-config-data", "nothing", 1), encoding="utf-8")
    play(browser, "exported", file=exported)
    play(browser, "beside", connections="globalThis.gonb_comm = connection('theirs'); globalThis.gradcamConnections = { ours: connection('ours') };")
    play(browser, "theirs alone", lambda page, card: page.clock.run_for(15_000), connections="globalThis.gonb_comm = connection('theirs');", clock=True)
    play(browser, "answered", is_answered)
    play(browser, "changes its mind", changes_mind)
    play(browser, "answered late", is_answered_late)
    play(browser, "sleeps", sleeps, clock=True)
    tabbed = folder / "tabbed.html"
    tabbed.write_text(page_file.read_text(encoding="utf-8").replace("<body>", '<body><div class="jp-NotebookPanel"><div class="jp-OutputArea">', 1), encoding="utf-8")
    play(browser, "tab closed", leaves_its_tab, file=tabbed, clock=True)
    play(browser, "run once more", is_run_once_more, file=tabbed, clock=True)
    play(browser, "goes", goes, clock=True)
print(json.dumps(out))
