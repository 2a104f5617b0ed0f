/** What the board loads late: the panel with its larger tabs, the highlighter and its grammars, the page of agents and its charts. */

import chartJs from "../../../static/board/chart.js" with { type: "text" };
import changesJs from "../../../static/board/changes.js" with { type: "text" };
import diffColorsJs from "../../../static/board/diff_colors.js" with { type: "text" };
import diffParseJs from "../../../static/board/diff_parse.js" with { type: "text" };
import dragTouchJs from "../../../static/board/drag_touch.js" with { type: "text" };
import fileTreeJs from "../../../static/board/file_tree.js" with { type: "text" };
import laterJs from "../../../static/board/later.js" with { type: "text" };
import readOnlyJs from "../../../static/board/read_only.js" with { type: "text" };
import promoteJs from "../../../static/board/promote.js" with { type: "text" };
import rawTextJs from "../../../static/board/raw_text.js" with { type: "text" };
import writeJs from "../../../static/board/write.js" with { type: "text" };
import reviewJs from "../../../static/board/review.js" with { type: "text" };
import statsJs from "../../../static/board/stats.js" with { type: "text" };
import timelineJs from "../../../static/board/timeline.js" with { type: "text" };
import timelineWordsJs from "../../../static/board/timeline_words.js" with { type: "text" };
import viewAccountJs from "../../../static/board/view_account.js" with { type: "text" };
import viewAgentsJs from "../../../static/board/view_agents.js" with { type: "text" };
import viewChangesJs from "../../../static/board/view_changes.js" with { type: "text" };
import viewChartJs from "../../../static/board/view_chart.js" with { type: "text" };
import viewChartsJs from "../../../static/board/view_charts.js" with { type: "text" };
import viewDiffFileJs from "../../../static/board/view_diff_file.js" with { type: "text" };
import viewDiffLinesJs from "../../../static/board/view_diff_lines.js" with { type: "text" };
import viewReviewJs from "../../../static/board/view_review.js" with { type: "text" };
import viewTimelineJs from "../../../static/board/view_timeline.js" with { type: "text" };
import readOnlyCss from "../../../static/board/css/read_only.css" with { type: "text" };
import promoteCss from "../../../static/board/css/promote.css" with { type: "text" };
import agentsCss from "../../../static/board/css/agents.css" with { type: "text" };
import dialogsCss from "../../../static/board/css/dialogs.css" with { type: "text" };
import formsCss from "../../../static/board/css/forms.css" with { type: "text" };
import copyJs from "../../../static/board/copy.js" with { type: "text" };
import heightsJs from "../../../static/board/heights.js" with { type: "text" };
import lineDiffJs from "../../../static/board/line_diff.js" with { type: "text" };
import panelPlaceJs from "../../../static/board/panel_place.js" with { type: "text" };
import toolInputJs from "../../../static/board/tool_input.js" with { type: "text" };
import transcriptJs from "../../../static/board/transcript.js" with { type: "text" };
import transcriptFindJs from "../../../static/board/transcript_find.js" with { type: "text" };
import transcriptRowsJs from "../../../static/board/transcript_rows.js" with { type: "text" };
import viewToolJs from "../../../static/board/view_tool.js" with { type: "text" };
import viewTranscriptJs from "../../../static/board/view_transcript.js" with { type: "text" };
import viewTranscriptFindJs from "../../../static/board/view_transcript_find.js" with { type: "text" };
import viewTranscriptRowJs from "../../../static/board/view_transcript_row.js" with { type: "text" };
import viewTranscriptSumsJs from "../../../static/board/view_transcript_sums.js" with { type: "text" };
import windowJs from "../../../static/board/window.js" with { type: "text" };
import panelCss from "../../../static/board/css/panel.css" with { type: "text" };
import threadCss from "../../../static/board/css/thread.css" with { type: "text" };
import transcriptCss from "../../../static/board/css/transcript.css" with { type: "text" };
import changesCss from "../../../static/board/css/changes.css" with { type: "text" };
import changesNarrowCss from "../../../static/board/css/changes_narrow.css" with { type: "text" };
import diffCss from "../../../static/board/css/diff.css" with { type: "text" };
import timelineCss from "../../../static/board/css/timeline.css" with { type: "text" };
import uplot from "uplot/dist/uPlot.esm.js" with { type: "text" };
import uplotCss from "uplot/dist/uPlot.min.css" with { type: "text" };
import highlighter from "@highlightjs/cdn-assets/es/core.min.js" with { type: "text" };
import sortable from "sortablejs/modular/sortable.esm.js" with { type: "text" };
import typescript from "@highlightjs/cdn-assets/es/languages/typescript.min.js" with { type: "text" };
import javascript from "@highlightjs/cdn-assets/es/languages/javascript.min.js" with { type: "text" };
import json from "@highlightjs/cdn-assets/es/languages/json.min.js" with { type: "text" };
import css from "@highlightjs/cdn-assets/es/languages/css.min.js" with { type: "text" };
import xml from "@highlightjs/cdn-assets/es/languages/xml.min.js" with { type: "text" };
import markdown from "@highlightjs/cdn-assets/es/languages/markdown.min.js" with { type: "text" };
import python from "@highlightjs/cdn-assets/es/languages/python.min.js" with { type: "text" };
import go from "@highlightjs/cdn-assets/es/languages/go.min.js" with { type: "text" };
import rust from "@highlightjs/cdn-assets/es/languages/rust.min.js" with { type: "text" };
import bash from "@highlightjs/cdn-assets/es/languages/bash.min.js" with { type: "text" };
import yaml from "@highlightjs/cdn-assets/es/languages/yaml.min.js" with { type: "text" };
import sql from "@highlightjs/cdn-assets/es/languages/sql.min.js" with { type: "text" };
import java from "@highlightjs/cdn-assets/es/languages/java.min.js" with { type: "text" };
import cpp from "@highlightjs/cdn-assets/es/languages/cpp.min.js" with { type: "text" };
import csharp from "@highlightjs/cdn-assets/es/languages/csharp.min.js" with { type: "text" };
import ruby from "@highlightjs/cdn-assets/es/languages/ruby.min.js" with { type: "text" };
import php from "@highlightjs/cdn-assets/es/languages/php.min.js" with { type: "text" };
import swift from "@highlightjs/cdn-assets/es/languages/swift.min.js" with { type: "text" };
import ini from "@highlightjs/cdn-assets/es/languages/ini.min.js" with { type: "text" };

/** By file name. */
export const LATE_MODULES: Readonly<Record<string, string>> = {
  "changes.js": changesJs,
  "chart.js": chartJs,
  "diff_colors.js": diffColorsJs,
  "diff_parse.js": diffParseJs,
  "drag_touch.js": dragTouchJs,
  "file_tree.js": fileTreeJs,
  "later.js": laterJs,
  "promote.js": promoteJs,
  "read_only.js": readOnlyJs,
  "raw_text.js": rawTextJs,
  "review.js": reviewJs,
  "write.js": writeJs,
  "stats.js": statsJs,
  "timeline.js": timelineJs,
  "timeline_words.js": timelineWordsJs,
  "view_account.js": viewAccountJs,
  "view_agents.js": viewAgentsJs,
  "view_changes.js": viewChangesJs,
  "view_chart.js": viewChartJs,
  "view_charts.js": viewChartsJs,
  "view_diff_file.js": viewDiffFileJs,
  "view_diff_lines.js": viewDiffLinesJs,
  "view_review.js": viewReviewJs,
  "view_timeline.js": viewTimelineJs,
  "copy.js": copyJs,
  "heights.js": heightsJs,
  "line_diff.js": lineDiffJs,
  "panel_place.js": panelPlaceJs,
  "tool_input.js": toolInputJs,
  "transcript.js": transcriptJs,
  "transcript_find.js": transcriptFindJs,
  "transcript_rows.js": transcriptRowsJs,
  "view_tool.js": viewToolJs,
  "view_transcript.js": viewTranscriptJs,
  "view_transcript_find.js": viewTranscriptFindJs,
  "view_transcript_row.js": viewTranscriptRowJs,
  "view_transcript_sums.js": viewTranscriptSumsJs,
  "window.js": windowJs,
};

/** Style sheets by file name. */
export const LATE_STYLES: Readonly<Record<string, string>> = {
  "agents.css": [uplotCss, agentsCss].join("\n"),
  "changes.css": [changesCss, diffCss, timelineCss, changesNarrowCss].join("\n"),
  "forms.css": [formsCss, dialogsCss].join("\n"),
  "promote.css": promoteCss,
  "read_only.css": readOnlyCss,
  "panel.css": [panelCss, threadCss].join("\n"),
  "transcript.css": [diffCss, transcriptCss].join("\n"),
};

const GRAMMARS = {
  typescript,
  javascript,
  json,
  css,
  xml,
  markdown,
  python,
  go,
  rust,
  bash,
  yaml,
  sql,
  java,
  cpp,
  csharp,
  ruby,
  php,
  swift,
  ini,
};

/** By the specifier under which the modules import them. */
export const LATE_VENDOR: Readonly<Record<string, { file: string; text: string }>> = {
  "uplot": { file: "uplot.js", text: uplot },
  "@highlightjs/cdn-assets/es/core.min.js": { file: "highlight.js", text: highlighter },
  "sortablejs": { file: "sortable.js", text: sortable },
  ...Object.fromEntries(
    Object.entries(GRAMMARS).map((
      [name, text],
    ) => [`@highlightjs/cdn-assets/es/languages/${name}.min.js`, { file: `highlight_${name}.js`, text }]),
  ),
};
