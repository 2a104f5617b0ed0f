// @ts-check
/** Of all tabs of an origin one leads: it alone has the connection, and tells the others what it hears. */

/** So long a tab that somebody looks at waits for a word of the one that leads, which may sleep; in milliseconds. */
const WORD_MS = 3000;

/**
 * @param {string} name tabs with the same name share
 * @param {{ lead: () => () => void, hear: (data: any) => void, ask: () => unknown }} on `lead` answers how it ends;
 * `ask` is what to ask the one that leads, which must answer by `post`
 */
export function joinTabs(name, { lead, hear, ask }) {
  const channel = new BroadcastChannel(name);
  let closed = false;
  /** How it ends; `null`: another tab leads. @type {(() => void) | null} */
  let stop = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;

  /** @param {boolean} steal */
  function stand(steal) {
    const waiting = new AbortController();
    /** @type {(value?: unknown) => void} */
    let let_go = () => {};
    leave = () => {
      waiting.abort();
      let_go();
      stop?.();
      stop = null;
    };
    const held = () => {
      if (closed) return;
      clearTimeout(silence);
      stop = lead();
      return new Promise((resolve) => let_go = resolve);
    };
    // Only pages of HTTPS and of this machine have locks; without them every tab is on its own.
    if (!navigator.locks) return void held();
    navigator.locks.request(name, steal ? { steal } : { signal: waiting.signal }, held).catch(() => {
      if (closed || waiting.signal.aborted) return;
      const led = stop !== null;
      stop?.();
      stop = null;
      // Somebody took the lock from this tab while it slept; or the page is one that may have no locks.
      if (led) stand(false);
      else held();
    });
  }
  /** @type {() => void} */
  let leave = () => {};

  function look() {
    if (document.hidden || stop !== null) return;
    channel.postMessage({ ask: ask() });
    clearTimeout(silence);
    silence = setTimeout(() => {
      if (stop !== null || closed) return;
      leave();
      stand(true);
    }, WORD_MS);
  }

  channel.onmessage = ({ data }) => {
    if (data.ask === undefined) clearTimeout(silence);
    else if (stop === null) return;
    hear(data);
  };
  document.addEventListener("visibilitychange", look);
  stand(false);
  look();

  return {
    /** @param {unknown} data */
    post(data) {
      if (!closed && stop !== null) channel.postMessage(data);
    },
    /** To all others, whoever leads. @param {unknown} data */
    tell(data) {
      if (!closed) channel.postMessage(data);
    },
    leads: () => stop !== null,
    close() {
      closed = true;
      clearTimeout(silence);
      document.removeEventListener("visibilitychange", look);
      leave();
      channel.close();
    },
  };
}
