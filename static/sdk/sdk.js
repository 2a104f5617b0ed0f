// @ts-check
/**
 * The launcher: a floating button of the board for any page. It tells what happens as it happens, and opens the board
 * over the page. The board and the list of what happened come with a part that is loaded when one is first opened.
 *
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Notice} Notice
 * @typedef {import("./types.js").Status} Status
 */
import { apiOf, h, newHost, parse, tagOf } from "../shared/base.js";
import { connect } from "./live.js";
import { makeMovable } from "./move.js";
import { iconOf } from "./icon.js";
import { fill, noticeOf, noticeOfPage, textOf } from "./notice.js";
import { joinTabs } from "./tabs.js";
import { answerTo, asksFirst, isMixed } from "./why.js";
import { WORDS } from "./words.js";

/** Length of the list of what happened. */
const MAX_KEPT = 60;
/** So long a press waits for the board to say whether it lets this page frame it, in milliseconds. */
const ANSWER_MS = 600;

const script = /** @type {HTMLScriptElement} */ (tagOf("sdk"));
const global = /** @type {{ Autopilot?: any }} */ (/** @type {unknown} */ (window));

function start() {
  const options = script.dataset;
  const api = new URL(apiOf(script));
  // It becomes the address of a tab and of a frame: `javascript:` would run there.
  if (!/^https?:$/.test(api.protocol)) {
    throw new TypeError(`data-api: expected an address of http or https, found ${api}`);
  }
  const board = new URL("../autopilot", api);
  /** @type {import("./types.js").Words} */
  const words = Object.assign({}, WORDS, parse(options.strings, {}));
  const { host, shadow } = newHost("data-autopilot-launcher", "%SDK_CSS%", options);
  const storage = `autopilot-launcher ${options.project || api}`;

  // What happened: the last events, oldest first, and how far the page has heard.

  /** @type {Status} */
  let status = { state: "connecting", needs: null, allowed: null };
  /** @type {{ last: number, unread: number, kept: Message[] }} */
  const past = { last: -1, unread: 0, kept: [] };
  /** @type {import("./views.js").Views | null} */
  let views = null;
  /** @type {ReturnType<typeof joinTabs> | null} */
  let tabs = null;
  /** @type {ReturnType<typeof connect> | null} */
  let live = null;

  /** @param {string} name @param {unknown} detail */
  const dispatch = (name, detail) =>
    document.dispatchEvent(new CustomEvent(`autopilot:${name}`, { detail, bubbles: true }));

  /** @param {Message[]} events @param {boolean} [known] they were seen elsewhere */
  function take(events, known = false) {
    /** @type {Notice[]} */
    const notices = [];
    for (const event of events) {
      const seq = Number(event.seq);
      if (!(seq > past.last)) continue;
      past.last = seq;
      if (!known) dispatch("event", event);
      const notice = noticeOf(event, words);
      if (notice === null) continue;
      past.kept.push(event);
      notices.push(notice);
      // What the visitor did is no news to them.
      if (options.user && event.actor === options.user) notice.quiet = true;
      else if (!known && !views?.reads()) past.unread++;
    }
    past.kept = past.kept.slice(-MAX_KEPT);
    views?.add(notices);
    if (!known && !views?.reads()) toast(notices.filter(({ quiet }) => !quiet));
    render();
  }

  /** @param {Notice[]} notices */
  function toast(notices) {
    if (options.toasts === "off" || notices.length === 0) return;
    // Where the part can't be had at the moment, the list tells it later.
    load().then(({ toasts }) => toasts.show(notices), () => {});
  }

  /** What the page itself told has no number in the board's log. @param {Message} event */
  const noticeOfKept = (event) => (event.seq === undefined ? noticeOfPage : noticeOf)(event, words);

  /** Nothing is news any more. */
  function forget() {
    past.unread = 0;
    views?.toasts.clear();
    render();
  }

  /** Somebody has seen what there is: in this tab, so in all. */
  function seen() {
    forget();
    tabs?.tell({ read: true });
  }

  /** @param {Status} next */
  function setStatus(next) {
    const { state, needs } = status;
    status = next;
    if (next.state !== state || next.needs !== needs) {
      dispatch("status", { state: next.state, needs: next.needs });
    }
    render();
  }

  /** Of the tabs of this origin one connects, and tells the others. */
  function join() {
    tabs ??= joinTabs(`autopilot ${api} ${options.token ?? ""}`, {
      ask: () => past.last,
      lead() {
        const own = live = connect({
          api,
          script: `${board}/sdk.js`,
          token: options.token,
          since: () => past.last,
          onStatus: (next) => (setStatus(next), tabs?.post({ status: next })),
          onEvents: (events) => (take(events), tabs?.post({ events })),
          onStart: (seq) => (past.last = seq, tabs?.post({ last: seq })),
        });
        return () => {
          own.close();
          live = null;
        };
      },
      hear({ ask, read, status: theirs, events = [], last = -1 }) {
        if (read) forget();
        else if (ask !== undefined) {
          const missed = past.kept.filter(({ seq }) => Number(seq) > ask);
          tabs?.post({ status, events: missed, last: past.last });
        } else if (!tabs?.leads()) {
          if (theirs) setStatus(theirs);
          // What this tab missed from its very beginning is no news.
          take(events, past.last < 0);
          past.last = Math.max(past.last, last);
        }
      },
    });
  }

  const gated = asksFirst(api);
  async function arrive() {
    if (isMixed(api)) return setStatus({ ...status, state: "mixed", allowed: false });
    if (!gated) return join();
    const answer = await answerTo(api);
    if (answer === "granted") join();
    else if (tabs === null) setStatus({ ...status, state: answer === "denied" ? "denied" : "asks" });
  }

  /** Somebody pressed the launcher: the browser may ask them now. */
  function pressed() {
    appear();
    if (!isMixed(api)) join();
    live?.retry();
  }

  // The launcher.

  const pip = h("span", { className: "pip", hidden: true });
  const count = h("span", { className: "count", hidden: true });
  const main = h(
    "button",
    {
      type: "button",
      ariaLabel: words.launcher,
      ariaHasPopup: "dialog",
      onclick: () => open(),
    },
    iconOf("logo"),
    h("span", { className: "name" }, words.launcher),
    count,
  );
  const side = h(
    "button",
    { type: "button", ariaLabel: words.activity, ariaExpanded: "false", onclick: () => toggleActivity() },
    iconOf("bell"),
    pip,
  );
  const pill = h("div", { className: "pill", role: "group", ariaLabel: words.group }, main, side);
  const root = h("div", {}, ...(options.launcher === "off" ? [] : [pill]));
  shadow.append(root);
  /** @type {() => void} */
  let endDrag = () => {};
  const settle = () => endDrag = makeMovable(pill, root, storage, { x: host.dir === "rtl" ? 1 : 0, y: 1 });

  function render() {
    const { state, needs } = status;
    count.hidden = !needs;
    // Drawn by the style sheet: the button's name stays what it says, and its description tells the number.
    count.dataset.n = Number(needs) > 99 ? "99+" : `${needs}`;
    pip.hidden = past.unread === 0;
    const says = fill(words[state] ?? words.away, { origin: location.origin });
    const tells = [
      needs ? fill(words.needs, { n: needs }) : "",
      past.unread ? fill(words.unread, { n: past.unread }) : "",
    ];
    main.title = [...tells, says].filter((text) => text !== "").join(" ");
    // An attribute, as a text would be laid out anew with every change.
    main.ariaDescription = `${main.title} ${words.move}`;
    pill.classList.toggle("away", state !== "live" && state !== "connecting");
    views?.tell(says, state);
  }

  // The board and the list.

  /** @type {Promise<import("./views.js").Views> | null} one for all who ask, so that what they show keeps its order */
  let loading = null;
  const load = () =>
    loading ??= import("./views.js").then(({ createViews }) => {
      if (destroyed) throw new Error("Autopilot.destroy() was called");
      views = createViews({
        h,
        icon: iconOf,
        root,
        pill,
        shadow,
        words,
        lang: host.lang,
        origin: board.origin,
        openTo,
        closed() {
          dispatch("close", null);
          live?.retry();
          render();
        },
      });
      render();
      return views;
    }).catch((error) => {
      // The next one tries again.
      loading = null;
      throw error;
    });

  /** @param {URL} url */
  function openTab(url) {
    const tab = globalThis.open(url, "_blank");
    if (tab !== null) tab.opener = null;
    return tab !== null;
  }

  /** Whether the board may be framed here; waits a moment where the board has not said yet. */
  async function mayFrame() {
    const foreign = board.origin !== location.origin;
    for (let waited = 0; foreign && status.allowed === null && waited < ANSWER_MS; waited += 50) {
      if (isMixed(api) || status.state !== "connecting") break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return !["login", "token"].includes(status.state) && (!foreign || status.allowed === true);
  }

  /** @param {unknown} [issue] id or number */
  async function openTo(issue) {
    pressed();
    const ref = textOf(issue);
    const url = new URL(board);
    if (ref !== "") url.searchParams.set("issue", ref);
    const framed = await mayFrame();
    if (destroyed) return;
    if (!framed && openTab(url)) return seen();
    try {
      (await load()).openBoard(url, framed);
    } catch {
      // The part can't be had at the moment: the board has an address of its own.
      if (!destroyed) openTab(url);
      return;
    }
    // The board shows the news itself.
    seen();
    dispatch("open", { issue: ref });
  }

  function open() {
    if (!views?.isOpen()) openTo();
  }

  function close() {
    views?.close();
    side.ariaExpanded = "false";
  }

  async function toggleActivity() {
    pressed();
    try {
      const shown = (await load()).toggleActivity(side, past.kept.map(noticeOfKept));
      if (shown) seen();
    } catch {
      // Offline before it was first opened: the button works again later.
    }
    render();
  }

  /** Tells of something as if the board had. @param {Message} message */
  function notify(message) {
    if (message === null || typeof message !== "object") {
      throw new TypeError('notify: expected an object such as {type: "issue.created", id, title}');
    }
    appear();
    const event = { at: new Date().toISOString(), ...message, seq: undefined };
    const notice = noticeOfPage(event, words);
    past.kept = [...past.kept, event].slice(-MAX_KEPT);
    views?.add([notice]);
    if (!views?.reads()) past.unread++;
    toast([notice]);
    render();
  }

  // Pages come and go: the next one of this tab goes on where this one was.

  const memory = `${storage} ${options.token ? "token" : ""}`;
  function keep() {
    if (!appeared) return;
    try {
      sessionStorage.setItem(memory, JSON.stringify(past));
    } catch {
      // A page without storage begins anew.
    }
  }
  function pause() {
    keep();
    tabs?.close();
    tabs = null;
  }
  /** @param {PageTransitionEvent} event */
  function resume({ persisted }) {
    if (persisted) arrive();
  }

  let appeared = false;
  function appear() {
    if (appeared) return;
    appeared = true;
    try {
      const found = parse(sessionStorage.getItem(memory), null);
      if (Array.isArray(found?.kept) && found.last >= -1 && found.unread >= 0) Object.assign(past, found);
    } catch {
      // See keep().
    }
    settle();
    render();
    // Not into the body: what a framework does to it doesn't matter then.
    document.documentElement.append(host);
    arrive();
  }

  let destroyed = false;
  function destroy() {
    destroyed = true;
    clearTimeout(timer);
    pause();
    endDrag();
    views?.end();
    removeEventListener("pagehide", pause);
    removeEventListener("pageshow", resume);
    host.remove();
    delete global.Autopilot;
  }

  addEventListener("pagehide", pause);
  addEventListener("pageshow", resume);
  global.Autopilot = Object.freeze({
    open: () => open(),
    openTo: (/** @type {unknown} */ issue) => void openTo(issue),
    close,
    toggle: () => views?.isOpen() ? close() : open(),
    notify,
    destroy,
  });
  // Not while the page loads: the first look into the storage may wait for the disk.
  const timer = setTimeout(appear, 0);
}

// Named access to elements makes a global of every id: only the real thing counts as a first copy.
if (script !== null && !global.Autopilot?.openTo) start();
