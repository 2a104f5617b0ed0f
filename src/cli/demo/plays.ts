/** What the demo shows: a small project, its issues, and what the script does in place of an agent. */

import type { NewIssue } from "../../domain/issue.ts";

/** Ends every comment. */
export const LABEL = "_Demo: a script wrote this, no agent and no person._";

/** One thing that the script does. Reading and editing happen for real, in the run's workspace. */
export type Step =
  | { do: "say" | "think"; text: string }
  | { do: "todo"; items: { text: string; status: string }[] }
  | { do: "read"; path: string }
  | { do: "edit"; path: string; from: string; to: string }
  | { do: "write"; path: string; text: string };

export interface Play {
  steps: Step[];
  /** The last words. */
  result: string;
}

/** The first commit of the project. */
export const PROJECT: Readonly<Record<string, string>> = {
  "README.md": "# Corner shop\n\nThe scratch repository of `autopilot demo`. It goes when the demo ends.\n",
  "index.html": `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Corner shop</title>
    <link rel="stylesheet" href="shop.css">
  </head>
  <body>
    <h1>Corner shop</h1>
    <p id="total"></p>
    <script type="module" src="basket.js"></script>
  </body>
</html>
`,
  "shop.css": `body {
  margin: 2rem;
  background: #fffdf7;
  color: #222;
}

h1 {
  color: #7a3e00;
}
`,
  "basket.js": `const basket = [{ price: 0.1, count: 1 }, { price: 0.2, count: 1 }];

export function total(lines) {
  return lines.reduce((sum, { price, count }) => sum + price * count, 0);
}

export function shown(amount) {
  return \`€ \${amount}\`;
}

document.querySelector("#total").textContent = shown(total(basket));
`,
};

const NOTE = "\n\n_This is a demo: a script plays the agent. No model reads this._";

/** In the order in which they are filed; the script knows them by their place. */
export const ISSUES: readonly Pick<NewIssue, "title" | "body" | "kind" | "priority">[] = [
  {
    title: "The basket shows € 0.30000000000000004",
    body: `Two things for € 0.10 and € 0.20 make € 0.30.${NOTE}`,
    kind: "bug",
    priority: "high",
  },
  {
    title: "A dark page for the evening",
    body: `The page is too bright at night.${NOTE}`,
    kind: "feature",
    priority: "normal",
  },
  {
    title: "Sell gift cards",
    body: `Not decided yet: it stays in Backlog until somebody moves it to Ready.${NOTE}`,
    kind: "feature",
    priority: "low",
  },
];

/** How many of `ISSUES`, from the first, the demo hands to the agent. */
export const HANDED_OVER = 2;
/** What the demo answers when nobody else does. */
export const ANSWER = "Follow the system's setting.";

/**
 * The play of a run.
 *
 * @param number of the issue
 * @param stage how many plays of this issue came to their end before
 * @param prompt what an agent would be told: of a continued conversation, what is new
 */
export function playOf(number: number, stage: number, prompt: string): Play {
  if (number === 1 && stage === 0) return SUM;
  if (number === 2 && stage === 0) return QUESTION;
  if (number === 2 && stage === 1) return /switch|button/i.test(prompt) ? BY_SWITCH : BY_SYSTEM;
  return noteOf(number, stage);
}

const SUM: Play = {
  steps: [
    { do: "say", text: "The sum is off by a rounding error. I look at how it is made." },
    { do: "read", path: "basket.js" },
    {
      do: "think",
      text: "0.1 + 0.2 is no exact number in binary. Whole cents are exact; euros are for the eye only.",
    },
    {
      do: "todo",
      items: [
        { text: "Add up whole cents", status: "in_progress" },
        { text: "Show two digits", status: "pending" },
      ],
    },
    {
      do: "edit",
      path: "basket.js",
      from: "  return lines.reduce((sum, { price, count }) => sum + price * count, 0);\n",
      to:
        "  const cents = lines.reduce((sum, { price, count }) => sum + Math.round(price * 100) * count, 0);\n" +
        "  return cents / 100;\n",
    },
    { do: "edit", path: "basket.js", from: "€ ${amount}", to: "€ ${amount.toFixed(2)}" },
    {
      do: "todo",
      items: [
        { text: "Add up whole cents", status: "completed" },
        { text: "Show two digits", status: "completed" },
      ],
    },
  ],
  result: "The basket adds up whole cents and shows two digits, so it says € 0.30.",
};

const QUESTION: Play = {
  steps: [
    { do: "say", text: "I look at the colours that the page has now." },
    { do: "read", path: "shop.css" },
    {
      do: "think",
      text: "There are two ways to a dark page, and which one is wanted is not mine to decide.",
    },
  ],
  result: `BLOCKED: Shall the page be dark when the visitor's system is, or by a switch on the page?\n\n` +
    "- Follow the system\n- A switch",
};

const DARK = "  background: #16130f;\n  color: #eee;\n";

const BY_SYSTEM: Play = {
  steps: [
    { do: "say", text: "The answer is here: the page follows the system." },
    {
      do: "edit",
      path: "shop.css",
      from: "h1 {\n  color: #7a3e00;\n}\n",
      to: "h1 {\n  color: #7a3e00;\n}\n\n@media (prefers-color-scheme: dark) {\n  body {\n" +
        `${DARK.replaceAll("  ", "    ")}  }\n\n  h1 {\n    color: #ffb366;\n  }\n}\n`,
    },
    { do: "say", text: "Both colours have enough contrast on the dark ground." },
  ],
  result: "The page is dark where the visitor's system is. Nothing changes for all others.",
};

const BY_SWITCH: Play = {
  steps: [
    { do: "say", text: "The answer is here: the page gets a switch." },
    {
      do: "edit",
      path: "index.html",
      from: '    <p id="total"></p>\n',
      to: '    <p id="total"></p>\n    <label><input type="checkbox" id="dark"> Dark page</label>\n',
    },
    {
      do: "edit",
      path: "shop.css",
      from: "h1 {\n  color: #7a3e00;\n}\n",
      to: `h1 {\n  color: #7a3e00;\n}\n\nbody:has(#dark:checked) {\n${DARK}}\n\n` +
        "body:has(#dark:checked) h1 {\n  color: #ffb366;\n}\n",
    },
  ],
  result: "The page has a switch for dark colours; it needs no script.",
};

/** For whatever else is handed over, such as a visitor's own issue. */
function noteOf(number: number, stage: number): Play {
  return {
    steps: [
      {
        do: "say",
        text:
          "This is a demo: I am a script and can't read. An agent would now do what the issue asks for; I " +
          "write a note, so that there is something to review.",
      },
      { do: "read", path: "README.md" },
      {
        do: "write",
        path: `notes/issue-${number}-${stage + 1}.md`,
        text:
          `# Issue ${number}\n\nHere would be an agent's work. This note was written by \`autopilot demo\`.\n`,
      },
    ],
    result: `I wrote a note. With \`autopilot --runner\`, Claude Code would have done the work.`,
  };
}
