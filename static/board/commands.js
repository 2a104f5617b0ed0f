// @ts-check
/** What the palette finds: issues, and things to do. */

import { moveIssue } from "./actions.js";
import { api, ApiError } from "./api.js";
import { openIssue, openView } from "./detail.js";
import { clearFilter, filtering, setFilter, titleMatches } from "./filter.js";
import { theme } from "./settings.js";
import { cards, creating, overlay, takeCards, view } from "./store.js";
import { HUMAN_STATUSES, STATUS_WORDS } from "./words.js";
import { stopIssue } from "./write.js";

/** @import { Icon } from "./icons.js" */
/** @import { Card } from "./reduce.js" */

/** @typedef {Parameters<typeof Icon>[0]["name"]} IconName */
/** @typedef {{ id: string, text: string, hint: string, card?: Card, icon?: IconName, run: () => void }} Hit */

/** Issues that are listed. */
const MOST = 8;

/**
 * @param {string} q
 * @param {Card | null} subject the issue that is open or has the focus
 * @param {ReadonlySet<string>} texts ids of what the server found in texts
 * @returns {readonly Hit[]} by title, then what can be done, then by text: the order stays while the server answers
 */
export function hitsFor(q, subject, texts) {
  const words = q.trim();
  const all = [...cards.value.values()];
  const recent = all.toSorted((a, b) => a.updated_at < b.updated_at ? 1 : -1);
  const titled = words === "" ? [] : recent.filter((card) => titleMatches(card, words));
  titled.sort((a, b) => startsWith(b, words) - startsWith(a, words));
  const others = words === "" ? [] : recent.filter((card) => texts.has(card.id) && !titled.includes(card));
  const things = commands(subject).filter(({ text }) => fits(text, words));
  return [
    ...titled.slice(0, MOST).map(issueHit),
    ...things,
    ...(words === "" ? recent.slice(0, MOST) : others.slice(0, MOST)).map(issueHit),
  ];
}

/** @param {Card} card @param {string} words */
const startsWith = (card, words) => Number(card.title.toLowerCase().startsWith(words.toLowerCase()));

/** @param {string} text @param {string} words */
function fits(text, words) {
  const parts = text.toLowerCase().split(/[^\p{L}\p{N}#]+/u);
  return words.toLowerCase().split(/\s+/).every((word) => parts.some((part) => part.startsWith(word)));
}

/** @param {Card} card @returns {Hit} */
const issueHit = (card) => ({
  id: `issue-${card.id}`,
  text: card.title,
  hint: `#${card.number}`,
  card,
  run: () => openIssue(card.id),
});

/** @param {Card | null} subject @returns {readonly Hit[]} */
function commands(subject) {
  /** @type {Hit[]} */
  const list = [
    { id: "create", text: "New issue", hint: "C", icon: "plus", run: () => creating.value = true },
  ];
  if (subject !== null) {
    if (subject.status === "in_progress") {
      list.push({
        id: "stop",
        text: `Stop the agent on #${subject.number}`,
        hint: "",
        icon: "stop",
        run: () => void stopIssue(subject),
      });
    }
    for (const status of HUMAN_STATUSES) {
      if (status === subject.status) continue;
      list.push({
        id: `move-${status}`,
        text: `Move #${subject.number} to ${STATUS_WORDS[status]}`,
        hint: "",
        icon: "chevron",
        run: () => void moveIssue(subject, status),
      });
    }
  }
  list.push({
    id: "needs",
    text: "Show what needs you",
    hint: "",
    icon: "filter",
    run: () => setFilter({ needs: ["question", "failed", "review"] }),
  });
  list.push(
    view.value === "agents"
      ? { id: "board", text: "Go to the board", hint: "", icon: "back", run: () => openView("") }
      : { id: "agents", text: "Agents and charts", hint: "A", icon: "chart", run: () => openView("agents") },
  );
  if (filtering.value) {
    list.push({ id: "all", text: "Clear the filter", hint: "", icon: "filter", run: clearFilter });
  }
  for (const value of /** @type {const} */ (["light", "dark", "system"])) {
    if (theme.value === value) continue;
    list.push({
      id: `theme-${value}`,
      text: `Theme: ${value}`,
      hint: "",
      icon: "theme",
      run: () => theme.value = value,
    });
  }
  list.push(
    {
      id: "help",
      text: "Keyboard shortcuts",
      hint: "?",
      icon: "keyboard",
      run: () => overlay.value = "help",
    },
    { id: "settings", text: "Settings", hint: "", icon: "settings", run: () => overlay.value = "settings" },
  );
  return list;
}

/** Ids of the issues in whose texts the server finds the words; none when it can't be reached. @param {string} q */
export async function searchTexts(q) {
  try {
    const { cards } = await api.issues(`/issues?q=${encodeURIComponent(q)}&limit=20`);
    takeCards(cards);
    return new Set(cards.map((card) => card.id));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return new Set();
  }
}
