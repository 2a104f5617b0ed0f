// @ts-check
/**
 * Shows what happens for a moment, beside the launcher; what needs somebody stays.
 *
 * @typedef {import("./types.js").Context} Context
 * @typedef {import("./types.js").Notice} Notice
 */

/** At a time. */
const MAX_SHOWN = 4;
/** How long one is shown, not counting the time in which somebody looks at them. */
const LIFE_MS = 8000;
const TICK_MS = 250;
/** What comes within so long is read out together, and at most so many by name. */
const SPEAK_MS = 400;
const MAX_SPOKEN = 3;

/** @param {Context & { words: Record<string, string> }} context */
export function createToasts({ h, icon: iconOf, words, pill, root, openTo }) {
  const list = h("ol");
  const stack = h("section", { className: "near stack", ariaLabel: words.toasts, hidden: true }, list);
  const voice = h("div", { className: "sr", role: "status" });
  root.prepend(stack, voice);
  /** @type {{ notice: Notice, left_ms: number, element: any }[]} oldest first */
  let shown = [];
  /** The focus was on one that went. */
  let lost = false;
  /** @type {Notice[]} */
  let unspoken = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let speaking;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;

  /** @param {{ notice: Notice, left_ms: number }} toast */
  function draw(toast) {
    const { level, icon, what, title, issue } = toast.notice;
    const gone = () => {
      drop([toast.notice]);
      update();
    };
    const open = h(
      "button",
      { type: "button", className: "toast-text", onclick: () => (gone(), openTo(issue)) },
      iconOf(icon),
      h("span", {}, h("b", { dir: "auto" }, what), h("span", { dir: "auto" }, title)),
    );
    const dismiss = h(
      "button",
      { type: "button", className: "plain", ariaLabel: `${words.dismiss}: ${what} ${title}`, onclick: gone },
      iconOf("cross"),
    );
    return h("li", { className: `toast ${level}` }, open, dismiss);
  }

  /** @param {Notice[]} notices */
  function drop(notices) {
    const gone = shown.filter(({ notice }) => notices.includes(notice));
    const focused = list.getRootNode().activeElement;
    lost ||= gone.some(({ element }) => element?.contains(focused));
    shown = shown.filter((one) => !gone.includes(one));
    for (const { element } of gone) element?.remove();
  }

  function update() {
    for (const toast of shown) {
      if (toast.element === null) list.append(toast.element = draw(toast));
    }
    stack.hidden = shown.length === 0;
    if (lost) (list.querySelector("button") ?? pill.querySelector("button"))?.focus();
    lost = false;
    const mortal = shown.some(({ notice }) => !notice.stays);
    if (mortal) ticking ??= setInterval(tick, TICK_MS);
    else ticking = clearInterval(ticking) ?? undefined;
  }

  function tick() {
    const read = stack.matches(":focus-within") ||
      matchMedia("(hover: hover)").matches && stack.matches(":hover");
    if (document.hidden || read) return;
    for (const toast of shown) toast.left_ms -= TICK_MS;
    drop(shown.filter(({ notice, left_ms }) => !notice.stays && left_ms <= 0).map(({ notice }) => notice));
    update();
  }

  function speak() {
    speaking = undefined;
    const texts = unspoken.slice(-MAX_SPOKEN).map(({ what, title }) => `${what}: ${title}`);
    const rest = unspoken.length - texts.length;
    if (rest > 0) texts.push(words.more.replace("{n}", `${rest}`));
    voice.textContent = texts.join(". ");
    unspoken = [];
  }

  return {
    /** Oldest first. @param {Notice[]} notices */
    show(notices) {
      if (notices.length === 0) return;
      for (const notice of notices) {
        const { key, issue } = notice;
        const over = shown.filter(({ notice: old }) =>
          (key !== "" && old.key === key) || (notice.settles && old.stays && old.issue === issue)
        );
        drop(over.map((one) => one.notice));
        shown.push({ notice, left_ms: LIFE_MS, element: null });
        if (shown.length > MAX_SHOWN) {
          drop([(shown.find((one) => !one.notice.stays) ?? shown[0]).notice]);
        }
      }
      update();
      unspoken.push(...notices);
      speaking ??= setTimeout(speak, SPEAK_MS);
    },
    clear() {
      drop(shown.map(({ notice }) => notice));
      update();
    },
    end() {
      clearTimeout(speaking);
      clearInterval(ticking);
    },
  };
}
