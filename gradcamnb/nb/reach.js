// Makes the page fit for GoNB's connection to a kernel; the page runs it before GoNB opens one.
(kernel => {
  // A page has one connection of GoNB's. GoNB takes one that is there for an older one of its own kernel, and closes it. If it is
  // another notebook's, it is put aside, so that the card there stays live.
  const other = globalThis.gonb_comm;
  if (other && other._kernel_id !== kernel) {
    delete globalThis.gonb_comm;
    other._websocket.onmessage = e => { // which closes what is put aside
      const message = JSON.parse(e.data);
      if (message.msg_type === "comm_msg") other._on_comm_msg(message);
    };
    const aside = globalThis.gradcamConnections = globalThis.gradcamConnections || {}, older = aside[other._kernel_id];
    if (older && older !== other) older.close(1000, "kernel restart");
    aside[other._kernel_id] = other;
  }
  // Over http, browsers have no randomUUID but on the machine itself.
  crypto.randomUUID = crypto.randomUUID || (() => "10000000-1000-4000-8000-100000000000".replace(/[018]/g,
    c => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16)));
  // GoNB asks for its connection at the server's root, without encryption. A server may lie behind a base URL, as on
  // JupyterHub, or speak https: there the same connection is asked for where the page's own lie.
  const config = document.getElementById("jupyter-config-data");
  const base = ((config && JSON.parse(config.textContent).baseUrl) || "/").replace(/\/$/, "");
  const secure = location.protocol === "https:";
  if (globalThis.gradcamReach || !base && !secure) return;
  globalThis.gradcamReach = true;
  const where = url => {
    const found = String(url).match(/^ws:\/\/[^/]+(\/api\/kernels\/[^/?]+\/channels)$/);
    return found ? (secure ? "wss://" : "ws://") + location.host + base + found[1] : url;
  };
  const Plain = globalThis.WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(url, ...rest) { super(where(url), ...rest); }
  };
})
