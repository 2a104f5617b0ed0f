/** What the agents of the soak do, and how often: names of tests/fixtures/bin/scripted-claude. */

/** Every play but `slow` ends well at once from its agent's second start on; what matters is how it gets there. */
export const PLAYS: Readonly<Record<string, { share: number; meaning: string }>> = {
  edit: { share: 4, meaning: "edits and ends well" },
  slow: { share: 16, meaning: "edits for six seconds, after every death anew" },
  ask: { share: 7, meaning: "asks a question first" },
  nothing: { share: 4, meaning: "changes nothing first" },
  fork: { share: 8, meaning: "leaves detached children that ignore signals" },
  hang: { share: 5, meaning: "edits, then says nothing for ever" },
  deaf: { share: 4, meaning: "ignores signals and interrupts, until a human stops it" },
  flood: { share: 2, meaning: "writes 100 MB of lines" },
  garbage: { share: 4, meaning: "edits, writes binary garbage, exits with 3" },
  api_429: { share: 3, meaning: "ends with the API's 429" },
  api_500: { share: 3, meaning: "ends with the API's 500" },
  api_529: { share: 3, meaning: "ends with the API's 529" },
  limit: { share: 3, meaning: "meets the account's usage limit" },
};

/** So many plays, in a mixed order; each kind at least once when there is room. */
export function playsFor(count: number): string[] {
  const kinds = Object.keys(PLAYS);
  const all = Object.entries(PLAYS).flatMap(([play, { share }]) => Array<string>(share).fill(play));
  const picked = [...kinds];
  // A stride that has no factor in common with the length visits every place once.
  for (let n = 0; picked.length < count; n++) picked.push(all[(n * 37) % all.length]);
  return picked.slice(0, count);
}
