import assert from "node:assert/strict";
import fc from "fast-check";
import {
  authOn,
  describeConfig,
  hideSecrets,
  maskedValue,
  parseConfig,
  sourceOf,
  userDataFolder,
} from "../src/config.ts";
import type { ConfigSources, OptionName } from "../src/config.ts";
import { ConfigError, envNameOf, flagNameOf } from "../src/config.ts";
import { exampleFile, optionLine, optionsTable } from "../src/config/texts.ts";
import { nearest } from "../src/options.ts";
import { readOptionsFile } from "../src/cli/options_file.ts";

const MACHINE = { hostname: "box one", cwd: "/srv/app", data_home: "/home/me/.local/share" };

function parse(sources: Partial<ConfigSources>) {
  return parseConfig({ flags: {}, env: {}, file: null, ...sources }, MACHINE);
}

Deno.test("parseConfig() gives the documented defaults", () => {
  const config = parse({});
  assert.equal(config.host, "127.0.0.1");
  assert.equal(config.port, 8787);
  assert.equal(config.data, "/home/me/.local/share/autopilot");
  assert.equal(config.database_url, "sqlite:/home/me/.local/share/autopilot/autopilot.db");
  assert.equal(config.workdir, "/srv/app");
  assert.equal(config.runner, false);
  assert.equal(config.push, false);
  assert.equal(config.poll_seconds, 15);
  assert.equal(config.concurrency, 1);
  assert.equal(config.claude_bin, "claude");
  assert.equal(config.agent_id, "autopilot-box-one");
  assert.equal(config.commit_name, "autopilot");
  assert.equal(config.commit_email, "autopilot@localhost");
  assert.ok(Object.isFrozen(config));
});

Deno.test("parseConfig() takes flags over the environment, that over the file, that over the default", () => {
  const file = {
    path: "/f",
    values: { AUTOPILOT_PORT: "1001", AUTOPILOT_CONCURRENCY: "5", AUTOPILOT_MODEL: "a" },
  };
  const env = { AUTOPILOT_PORT: "1002", AUTOPILOT_CONCURRENCY: "6", PATH: "/bin" };
  const config = parse({ file, env, flags: { port: "1003" } });
  assert.equal(config.port, 1003);
  assert.equal(config.concurrency, 6);
  assert.equal(config.model, "a");
  assert.equal(config.poll_seconds, 15);
});

Deno.test("parseConfig() derives the database from the data folder", () => {
  assert.equal(parse({ env: { AUTOPILOT_DATA: "d" } }).database_url, "sqlite:/srv/app/d/autopilot.db");
});

Deno.test("parseConfig() names an unknown variable and the nearest option", () => {
  assert.throws(
    () => parse({ env: { AUTOPILOT_POL_SECONDS: "3" } }),
    (error: Error) =>
      error instanceof ConfigError &&
      /AUTOPILOT_POL_SECONDS.*did you mean AUTOPILOT_POLL_SECONDS/.test(error.message),
  );
  assert.throws(
    () => parse({ file: { path: "/data/autopilot.env", values: { AUTOPILOT_QWERTZUIOP: "1" } } }),
    /\/data\/autopilot\.env sets AUTOPILOT_QWERTZUIOP.*--help/,
  );
  assert.throws(
    () => parse({ file: { path: "/f", values: { PORT: "1" } } }),
    /sets PORT, which is no option/,
  );
});

const REFUSED: [OptionName, string, RegExp][] = [
  ["port", "80x", /number/],
  ["port", "70000", /from 0 to 65535/],
  ["port", "80.5", /whole/],
  ["port", "-1", /number/],
  ["port", "0x50", /number/],
  ["concurrency", "0", /from 1/],
  ["poll_seconds", "", /number/],
  ["poll_seconds", "1e9", /number/],
  ["runner", "maybe", /1, true/],
  ["sandbox", "docker", /auto, bwrap, off/],
  ["auth", "yes", /auto, on, off/],
  ["host", "127.0.0.1.example.com", /address of this machine/],
  ["host", "127.1", /address of this machine/],
  ["trusted_proxies", "10.0.0.0/40", /no range/],
  ["trusted_proxies", "proxy.example", /no address/],
  ["embed_origins", "https://a.example/", /no origin/],
  ["database_url", "mysql://u:hush@h/d", /sqlite: or postgres/],
  ["origins", "https://a.example/path", /no origin/],
  ["origins", "https://a.example,evil", /no origin/],
  ["origins", "null", /no origin/],
  ["base", "--upload-pack=x", /no branch/],
  ["model", "-x", /no name/],
  ["agent_id", "a b", /letters/],
  ["commit_name", "a <b>", /must not/],
  ["commit_email", "a\nb", /must not/],
  ["pass_env", "A,1B", /no name of a variable/],
  ["log_level", "loud", /debug, info/],
];
for (const [name, value, expected] of REFUSED) {
  Deno.test(`parseConfig() refuses ${flagNameOf(name)} ${JSON.stringify(value)} and names the option`, () => {
    assert.throws(() => parse({ flags: { [name]: value } }), (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, expected);
      assert.ok(error.message.startsWith(flagNameOf(name)), error.message);
      return true;
    });
    if (value === "") return;
    assert.throws(
      () => parse({ env: { [envNameOf(name)]: value } }),
      new RegExp(`^ConfigError: ${envNameOf(name)} `),
    );
  });
}

Deno.test("parseConfig() keeps a secret value out of its message", () => {
  assert.throws(
    () => parse({ env: { AUTOPILOT_DATABASE_URL: "mysql://u:hush@h/d" } }),
    (error: Error) => !error.message.includes("hush"),
  );
});

Deno.test("parseConfig() says what to set when the machine names no home", () => {
  assert.throws(
    () => parseConfig({ flags: {}, env: {}, file: null }, { ...MACHINE, data_home: null }),
    /AUTOPILOT_DATA is needed/,
  );
});

Deno.test("S1 logins are on wherever agents work or others can connect, and off only on loopback", () => {
  const on = (flags: Record<string, string>) => authOn(parse({ flags }));
  assert.equal(on({}), false);
  for (const host of ["127.9.8.7", "::1", "localhost"]) assert.equal(on({ host }), false, host);
  assert.equal(on({ runner: "1" }), true);
  assert.equal(on({ auth: "on" }), true);
  assert.equal(on({ runner: "1", auth: "off" }), false);
  for (const host of ["0.0.0.0", "::", "192.168.1.5", "fd00::1"]) {
    assert.equal(on({ host }), true, host);
    assert.equal(on({ host, auth: "on" }), true, host);
    assert.throws(
      () => parse({ flags: { host, auth: "off" } }),
      /AUTOPILOT_AUTH = "off".*127\.0\.0\.1/,
      host,
    );
  }
});

Deno.test("parseConfig() accepts every loopback spelling", () => {
  for (const host of ["127.0.0.1", "127.9.8.7", "::1", "localhost"]) {
    assert.equal(parse({ flags: { host } }).host, host);
  }
});

Deno.test("describeConfig() hides passwords", () => {
  const config = parse({ env: { AUTOPILOT_DATABASE_URL: "postgres://me:hush@db/x?password=hush" } });
  assert.ok(!JSON.stringify(describeConfig(config)).includes("hush"));
  assert.equal(hideSecrets("sqlite:/a/b.db"), "sqlite:/a/b.db");
});

Deno.test("userDataFolder() follows each system's custom", () => {
  assert.equal(userDataFolder({ HOME: "/h" }, "linux"), "/h/.local/share");
  assert.equal(userDataFolder({ HOME: "/h", XDG_DATA_HOME: "/x" }, "linux"), "/x");
  assert.equal(userDataFolder({ HOME: "/h", XDG_DATA_HOME: "relative" }, "linux"), "/h/.local/share");
  assert.equal(userDataFolder({ HOME: "/h" }, "darwin"), "/h/Library/Application Support");
  assert.equal(userDataFolder({}, "linux"), null);
});

Deno.test("nearest() suggests only what is near", () => {
  assert.equal(nearest("AUTOPILOT_PROT", ["AUTOPILOT_PORT", "AUTOPILOT_HOST"]), "AUTOPILOT_PORT");
  assert.equal(nearest("XYZ", ["AUTOPILOT_PORT"]), null);
});

/** The formatter pads the cells of a table. */
function unpadded(markdown: string): string {
  return markdown.replaceAll(/ +/g, " ").replaceAll(/\| ?-+ ?(?=\|)/g, "|---");
}

Deno.test("optionsTable() is the table in README.md", async () => {
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  assert.ok(
    unpadded(readme).includes(unpadded(optionsTable())),
    `README.md must hold this table:\n${optionsTable()}`,
  );
});

Deno.test("readOptionsFile() reads dotenv, and refuses a line that is no assignment", async () => {
  const path = await Deno.makeTempFile({ suffix: ".env" });
  try {
    await Deno.writeTextFile(
      path,
      '# x\nAUTOPILOT_PORT=1\nexport AUTOPILOT_MODEL="a # b"\n\nAUTOPILOT_BASE="two\nlines"\n',
    );
    const read = await readOptionsFile(path, { required: true });
    assert.deepEqual(read, {
      path,
      values: { AUTOPILOT_PORT: "1", AUTOPILOT_MODEL: "a # b", AUTOPILOT_BASE: "two\nlines" },
    });
    await Deno.writeTextFile(path, "AUTOPILOT_PORT=1\nAUTOPILOT_RUNNER 1\n");
    await assert.rejects(readOptionsFile(path, { required: true }), /line 2/);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("readOptionsFile() lets only a file that nobody named be missing", async () => {
  assert.equal(await readOptionsFile("/nonexistent/autopilot.env", { required: false }), null);
  await assert.rejects(readOptionsFile("/nonexistent/autopilot.env", { required: true }), /can't be read/);
});

Deno.test("exampleFile() is autopilot.env.example, and its defaults can be used", async () => {
  const text = await Deno.readTextFile(new URL("../autopilot.env.example", import.meta.url));
  assert.equal(text, exampleFile(), "autopilot.env.example must be what exampleFile() gives");
  const set = [...text.matchAll(/^#(AUTOPILOT_\w+)=(.+)$/gm)].map(([, name, value]) => [name, value]);
  assert.ok(set.length > 15, String(set.length));
  const values = Object.fromEntries(set);
  assert.deepEqual(parse({ file: { path: "/f", values } }), parse({}));
});

Deno.test("optionLine() writes what the options file gives back", async () => {
  const path = await Deno.makeTempFile({ suffix: ".env" });
  try {
    await fc.assert(fc.asyncProperty(
      fc.string({ unit: "binary" }).filter((text) => !/[\r\n\0]/.test(text) && text.isWellFormed()),
      async (value) => {
        let line: string;
        try {
          line = optionLine("check", value);
        } catch (error) {
          assert.ok(error instanceof TypeError && /['"`].*['"`]|\\/.test(value), value);
          return;
        }
        await Deno.writeTextFile(path, `# x\n${line}\nAUTOPILOT_MODEL=m\n`);
        const read = await readOptionsFile(path, { required: true });
        assert.deepEqual(read?.values, { AUTOPILOT_CHECK: value, AUTOPILOT_MODEL: "m" });
      },
    ));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("parseConfig() takes a secret from a file, and refuses two ways at once", () => {
  const secrets = new Map([["/run/url", "postgres://me:hush@db/x"]]);
  const env = { AUTOPILOT_DATABASE_URL_FILE: "/run/url" };
  assert.equal(parse({ env, secrets }).database_url, "postgres://me:hush@db/x");
  const sources = { flags: {}, env, file: null, secrets };
  assert.equal(sourceOf("database_url", sources), "AUTOPILOT_DATABASE_URL_FILE (/run/url)");
  assert.equal(parse({ env, secrets, flags: { database_url: "sqlite:/a" } }).database_url, "sqlite:/a");
  assert.throws(
    () => parse({ env: { ...env, AUTOPILOT_DATABASE_URL: "sqlite:/a" }, secrets }),
    /AUTOPILOT_DATABASE_URL and AUTOPILOT_DATABASE_URL_FILE are both set/,
  );
  assert.throws(
    () => parse({ env: { AUTOPILOT_PORT_FILE: "/run/port" } }),
    /AUTOPILOT_PORT_FILE, which is no option/,
  );
  const bad = new Map([["/run/url", "mysql://me:hush@db/x"]]);
  assert.throws(() => parse({ env, secrets: bad }), (error: Error) => !error.message.includes("hush"));
});

Deno.test("maskedValue() shows no secret", () => {
  assert.equal(maskedValue("database_url", "postgres://me:hush@db/x"), "postgres://me:***@db/x");
  assert.equal(maskedValue("token", "ap_a_hush"), "***");
  assert.equal(maskedValue("token", ""), "");
  assert.equal(maskedValue("port", 8787), "8787");
});
