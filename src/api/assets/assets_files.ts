/**
 * The texts of the board: its own modules and the libraries it uses, embedded by text imports, so that they need
 * no permission and no copy, and are part of a compiled executable. The libraries come straight from npm.
 */

import { LATE_MODULES, LATE_VENDOR } from "./assets_late.ts";
import actionsJs from "../../../static/board/actions.js" with { type: "text" };
import apiJs from "../../../static/board/api.js" with { type: "text" };
import appJs from "../../../static/board/app.js" with { type: "text" };
import cleanJs from "../../../static/board/clean.js" with { type: "text" };
import detailJs from "../../../static/board/detail.js" with { type: "text" };
import focusJs from "../../../static/board/focus.js" with { type: "text" };
import followJs from "../../../static/board/follow.js" with { type: "text" };
import viewTimeJs from "../../../static/board/view_time.js" with { type: "text" };
import iconsJs from "../../../static/board/icons.js" with { type: "text" };
import liveJs from "../../../static/board/live.js" with { type: "text" };
import markdownJs from "../../../static/board/markdown.js" with { type: "text" };
import reduceJs from "../../../static/board/reduce.js" with { type: "text" };
import styleSheetJs from "../../../static/board/style_sheet.js" with { type: "text" };
import socketJs from "../../../static/board/socket.js" with { type: "text" };
import storeJs from "../../../static/board/store.js" with { type: "text" };
import viewActionsJs from "../../../static/board/view_actions.js" with { type: "text" };
import viewBoardJs from "../../../static/board/view_board.js" with { type: "text" };
import viewCardJs from "../../../static/board/view_card.js" with { type: "text" };
import viewCreateJs from "../../../static/board/view_create.js" with { type: "text" };
import viewHeaderJs from "../../../static/board/view_header.js" with { type: "text" };
import viewMenuJs from "../../../static/board/view_menu.js" with { type: "text" };
import viewPanelJs from "../../../static/board/view_panel.js" with { type: "text" };
import viewRunsJs from "../../../static/board/view_runs.js" with { type: "text" };
import viewThreadJs from "../../../static/board/view_thread.js" with { type: "text" };
import viewToastsJs from "../../../static/board/view_toasts.js" with { type: "text" };
import draftsJs from "../../../static/board/drafts.js" with { type: "text" };
import faviconJs from "../../../static/board/favicon.js" with { type: "text" };
import keepJs from "../../../static/board/keep.js" with { type: "text" };
import lazyJs from "../../../static/board/lazy.js" with { type: "text" };
import placeJs from "../../../static/board/place.js" with { type: "text" };
import viewAnswerJs from "../../../static/board/view_answer.js" with { type: "text" };
import viewAttentionJs from "../../../static/board/view_attention.js" with { type: "text" };
import commandsJs from "../../../static/board/commands.js" with { type: "text" };
import filterJs from "../../../static/board/filter.js" with { type: "text" };
import settingsJs from "../../../static/board/settings.js" with { type: "text" };
import shortcutsJs from "../../../static/board/shortcuts.js" with { type: "text" };
import themeJs from "../../../static/board/theme.js" with { type: "text" };
import viewFilterJs from "../../../static/board/view_filter.js" with { type: "text" };
import viewHelpJs from "../../../static/board/view_help.js" with { type: "text" };
import viewPaletteJs from "../../../static/board/view_palette.js" with { type: "text" };
import viewSettingsJs from "../../../static/board/view_settings.js" with { type: "text" };
import editJs from "../../../static/board/edit.js" with { type: "text" };
import filesJs from "../../../static/board/files.js" with { type: "text" };
import listPasteJs from "../../../static/board/list_paste.js" with { type: "text" };
import viewAttachmentsJs from "../../../static/board/view_attachments.js" with { type: "text" };
import viewEditJs from "../../../static/board/view_edit.js" with { type: "text" };
import viewFormJs from "../../../static/board/view_form.js" with { type: "text" };
import noticesJs from "../../../static/board/notices.js" with { type: "text" };
import dragJs from "../../../static/board/drag.js" with { type: "text" };
import flipJs from "../../../static/board/flip.js" with { type: "text" };
import viewColumnJs from "../../../static/board/view_column.js" with { type: "text" };
import wordsJs from "../../../static/board/words.js" with { type: "text" };
import tokensCss from "../../../static/board/css/tokens.css" with { type: "text" };
import baseCss from "../../../static/board/css/base.css" with { type: "text" };
import boardCss from "../../../static/board/css/board.css" with { type: "text" };
import cardCss from "../../../static/board/css/card.css" with { type: "text" };
import stripCss from "../../../static/board/css/strip.css" with { type: "text" };
import findCss from "../../../static/board/css/find.css" with { type: "text" };
import overlayCss from "../../../static/board/css/overlay.css" with { type: "text" };
import indexHtml from "../../../static/board/index.html" with { type: "text" };
import iconSvg from "../../../static/board/icon.svg" with { type: "text" };
import manifestJson from "../../../static/board/manifest.json" with { type: "text" };
import preact from "preact" with { type: "text" };
import preactHooks from "preact/hooks" with { type: "text" };
import htm from "htm" with { type: "text" };
import htmPreact from "htm/preact" with { type: "text" };
import signals from "@preact/signals" with { type: "text" };
import signalsCore from "@preact/signals-core" with { type: "text" };
import marked from "marked" with { type: "text" };
import dompurify from "dompurify" with { type: "text" };

/** The page, with the places that are filled in when it is served. */
export const INDEX_HTML: string = indexHtml;
export const ICON_SVG: string = iconSvg;
export const MANIFEST_JSON: string = manifestJson;

/** One style sheet, in the order of its layers. */
export const BOARD_CSS: string = [
  tokensCss,
  baseCss,
  boardCss,
  cardCss,
  stripCss,
  overlayCss,
  findCss,
].join("\n");

/** The board's modules by file name. */
export const BOARD_MODULES: Readonly<Record<string, string>> = {
  "actions.js": actionsJs,
  "api.js": apiJs,
  "app.js": appJs,
  "clean.js": cleanJs,
  "detail.js": detailJs,
  "focus.js": focusJs,
  "follow.js": followJs,
  "view_time.js": viewTimeJs,
  "icons.js": iconsJs,
  "live.js": liveJs,
  "markdown.js": markdownJs,
  "reduce.js": reduceJs,
  "style_sheet.js": styleSheetJs,
  "socket.js": socketJs,
  "store.js": storeJs,
  "view_actions.js": viewActionsJs,
  "view_board.js": viewBoardJs,
  "view_card.js": viewCardJs,
  "view_create.js": viewCreateJs,
  "view_header.js": viewHeaderJs,
  "view_menu.js": viewMenuJs,
  "view_panel.js": viewPanelJs,
  "view_runs.js": viewRunsJs,
  "view_thread.js": viewThreadJs,
  "view_toasts.js": viewToastsJs,
  "drafts.js": draftsJs,
  "favicon.js": faviconJs,
  "keep.js": keepJs,
  "lazy.js": lazyJs,
  "place.js": placeJs,
  "view_answer.js": viewAnswerJs,
  "view_attention.js": viewAttentionJs,
  "commands.js": commandsJs,
  "filter.js": filterJs,
  "settings.js": settingsJs,
  "shortcuts.js": shortcutsJs,
  "theme.js": themeJs,
  "view_filter.js": viewFilterJs,
  "view_help.js": viewHelpJs,
  "view_palette.js": viewPaletteJs,
  "view_settings.js": viewSettingsJs,
  "edit.js": editJs,
  "files.js": filesJs,
  "list_paste.js": listPasteJs,
  "view_attachments.js": viewAttachmentsJs,
  "view_edit.js": viewEditJs,
  "view_form.js": viewFormJs,
  "notices.js": noticesJs,
  "drag.js": dragJs,
  "flip.js": flipJs,
  "view_column.js": viewColumnJs,
  "words.js": wordsJs,
  ...LATE_MODULES,
};

/** The libraries by the specifier under which the modules import them. */
export const VENDOR_MODULES: Readonly<Record<string, { file: string; text: string }>> = {
  "preact": { file: "preact.js", text: preact },
  "preact/hooks": { file: "preact_hooks.js", text: preactHooks },
  "htm": { file: "htm.js", text: htm },
  "htm/preact": { file: "htm_preact.js", text: htmPreact },
  "@preact/signals": { file: "signals.js", text: signals },
  "@preact/signals-core": { file: "signals_core.js", text: signalsCore },
  "marked": { file: "marked.js", text: marked },
  "dompurify": { file: "dompurify.js", text: dompurify },
  ...LATE_VENDOR,
};
