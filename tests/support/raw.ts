/** Connections that say only what a test wants. */

/** Connects to the server of a URL and writes the beginning of a request. */
export async function connectionOf(url: string, text: string): Promise<Deno.Conn> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(text));
  return connection;
}
