/** What a login costs a request: the same answers from a board with logins, by token and by cookie. */

import { startServer } from "../tests/support/server.ts";
import { type Generator, load } from "./load.ts";
import { startBare } from "./processes.ts";
import { type Row, throughputRow } from "./report.ts";

const CONNECTIONS = 16;
const ISSUES = 500;
const LIST = "/api/autopilot/issues";

export async function loginRows(generator: Generator, seconds: number): Promise<Row[]> {
  await using server = await startServer({ auth: true });
  const { token } = await server.mint("member");
  const login = await fetch(await server.newLoginLink("member"), { redirect: "manual" });
  const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
  let id = "";
  for (let i = 0; i < ISSUES; i++) {
    const { body } = await server.api<{ id: string }>("/issues", {
      json: { title: `Issue ${i}`, body: "A paragraph of plain text. ".repeat(10) },
    });
    id = body.id;
  }
  const port = Number(new URL(server.url).port);
  const bearer = { authorization: `Bearer ${token}` };
  const measure = async (path: string, headers: Record<string, string>) =>
    (await load(generator, { port, path, seconds, connections: CONNECTIONS, headers, status: 200 }))
      .per_second;
  const bare = async (path: string) => {
    const answer = await fetch(server.url + path, { headers: bearer });
    const size = (await answer.arrayBuffer()).byteLength;
    await using ceiling = await startBare("fixed", String(size));
    const options = { port: ceiling.port, path: "/", seconds, connections: CONNECTIONS, status: 200 };
    return (await load(generator, options)).per_second;
  };
  const one = `${LIST}/${id}`;
  const list_ceiling = await bare(LIST);
  const one_ceiling = await bare(one);
  return [
    throughputRow("GET /issues, with a token", await measure(LIST, bearer), list_ceiling, 0.25, generator),
    throughputRow(
      "GET /issues, with a cookie",
      await measure(LIST, { cookie }),
      list_ceiling,
      0.25,
      generator,
    ),
    throughputRow("GET one issue, with a token", await measure(one, bearer), one_ceiling, 0.15, generator),
    throughputRow(
      "GET one issue, with a cookie",
      await measure(one, { cookie }),
      one_ceiling,
      0.15,
      generator,
    ),
  ];
}
