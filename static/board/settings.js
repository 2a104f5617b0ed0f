// @ts-check
/** What a person has chosen for this browser. */

import { effect, signal } from "@preact/signals";
import { recall, remember } from "./keep.js";
import { chosenTheme, setTheme } from "./theme.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Theme } from "./theme.js" */

/** @type {Signal<Theme>} */
export const theme = signal(chosenTheme());
/** Whether single keys are shortcuts; those with Ctrl or Alt always are. */
export const single_keys = signal(recall("single_keys", true));
/** Whether the desktop tells what needs a person. */
export const notify = signal(recall("notify", false));

effect(() => setTheme(theme.value));
effect(() => remember("single_keys", single_keys.value ? null : false));
effect(() => remember("notify", notify.value ? true : null));
