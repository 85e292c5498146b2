// GoNB's page asks for its connection at the server's root, without encryption. A server may lie behind a base URL, as on
// JupyterHub, or speak https: there the same connection is asked for where the page's own lie.
(() => {
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
})();
