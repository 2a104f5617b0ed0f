/** HTTP rows: what a request costs beside a bare `Deno.serve` that gives an answer of the same size. */

import { join } from "node:path";
import { startServer, type TestServer } from "../tests/support/server.ts";
import { type Generator, load, type LoadOptions } from "./load.ts";
import { startBare } from "./processes.ts";
import { type Row, throughputRow } from "./report.ts";

const CONNECTIONS = 16;
const API = "/api/autopilot";
const BODY = "A paragraph of plain text, as people write it into an issue. ".repeat(5);

export async function httpRows(generator: Generator, seconds: number): Promise<Row[]> {
  await using server = await startServer();
  const port = Number(new URL(server.url).port);
  const id = await fill(server, 500);
  const measure = (options: Omit<LoadOptions, "port" | "seconds" | "connections">, at = port) =>
    load(generator, { ...options, port: at, seconds, connections: CONNECTIONS });
  const bare = async (size: number) => {
    await using ceiling = await startBare("fixed", String(size));
    return (await measure({ path: "/", status: 200 }, ceiling.port)).per_second;
  };
  const rows: Row[] = [];

  const list = await fetch(`${server.url}${API}/issues`);
  const etag = list.headers.get("etag") ?? "";
  const list_size = (await list.arrayBuffer()).byteLength;
  rows.push(throughputRow(
    `GET /issues, 500 issues, unchanged (${Math.round(list_size / 1024)} KB)`,
    (await measure({ path: `${API}/issues`, status: 200 })).per_second,
    await bare(list_size),
    0.25,
    generator,
  ));

  const not_modified = await measure({
    path: `${API}/issues`,
    status: 304,
    headers: { "if-none-match": etag },
  });
  rows.push(
    throughputRow(
      "GET /issues, 304",
      not_modified.per_second,
      await bareNotModified(measure),
      0.4,
      generator,
    ),
  );

  const one = `${API}/issues/${id}`;
  const one_size = (await (await fetch(server.url + one)).arrayBuffer()).byteLength;
  rows.push(throughputRow(
    "GET one issue with 2 comments",
    (await measure({ path: one, status: 200 })).per_second,
    await bare(one_size),
    0.15,
    generator,
  ));

  const post = { method: "POST", status: 201, headers: { "content-type": "application/json" } } as const;
  const issue = {
    ...post,
    path: `${API}/issues`,
    body: JSON.stringify({ title: "From the bench", body: BODY }),
  };
  const posted = (await measure(issue)).per_second;
  const plain = await bare(one_size);
  rows.push(
    throughputRow("POST an issue, on disk", posted, plain, 0.025, `${generator}, an answer without work`),
  );
  rows.push(
    throughputRow(
      "POST an issue, on disk",
      posted,
      await bareInsert(measure, issue),
      0.5,
      "same work, no layers",
    ),
  );
  const comment = { ...post, path: `${one}/comments`, body: JSON.stringify({ author: "bench", body: BODY }) };
  const commented = (await measure(comment)).per_second;
  rows.push(
    throughputRow("POST a comment, on disk", commented, plain, 0.025, `${generator}, an answer without work`),
  );
  return rows;
}

type Measure = (
  options: Omit<LoadOptions, "port" | "seconds" | "connections">,
  port: number,
) => Promise<{ per_second: number }>;

async function bareNotModified(measure: Measure): Promise<number> {
  await using ceiling = await startBare("not-modified");
  return (await measure({ path: "/", status: 304 }, ceiling.port)).per_second;
}

async function bareInsert(
  measure: Measure,
  options: Omit<LoadOptions, "port" | "seconds" | "connections">,
): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-bench-" });
  try {
    await using ceiling = await startBare("insert", join(folder, "bare.db"));
    return (await measure(options, ceiling.port)).per_second;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** So many issues; the id of the last one, which has two comments. */
async function fill(server: TestServer, count: number): Promise<string> {
  let id = "";
  for (let i = 0; i < count; i++) {
    const { body } = await server.api<{ id: string }>("/issues", {
      json: { title: `Issue ${i}`, body: BODY },
    });
    id = body.id;
  }
  for (const author of ["ann", "ben"]) {
    await server.api(`/issues/${id}/comments`, { json: { author, body: BODY } });
  }
  return id;
}
