/** A scripted Messages API on loopback: what the real Claude Code talks to in tests instead of a model. */

/** One block of an answer. */
export type Block =
  | { type: "text"; text: string }
  | { type: "thinking"; thinking: string }
  | { type: "tool_use"; name: string; input: Record<string, unknown>; id?: string };

/** What one request is answered with. Exactly one of `blocks` and `error` matters; `blocks` is the normal case. */
export interface Reply {
  blocks?: Block[];
  /** An HTTP error instead. */
  error?: { status: number; type?: string; message: string; headers?: Record<string, string> };
  /** Awaited before anything is sent: the test decides when. */
  wait?: Promise<unknown>;
  /** The connection breaks after the first block. */
  cut?: boolean;
  /** Nothing is ever sent after the headers. */
  stall?: boolean;
  usage?: { input_tokens: number; output_tokens: number };
}

/** A request for a message, as it came in. */
export interface ApiRequest {
  path: string;
  headers: Headers;
  body: {
    model: string;
    stream?: boolean;
    messages: { role: string; content: unknown }[];
    [key: string]: unknown;
  };
}

export interface MessagesApi extends AsyncDisposable {
  /** For ANTHROPIC_BASE_URL. */
  readonly url: string;
  /** The environment that points Claude Code here, with a test key and short retries. */
  readonly env: Record<string, string>;
  /** Requests for messages so far, in order. */
  readonly requests: ApiRequest[];
  /** Resolves with the n-th request (from 1) as soon as it is there. */
  request(n: number): Promise<ApiRequest>;
}

/** Answers the n-th request (from 0). An array answers in order, then always "The script has ended." */
export type Script = Reply[] | ((request: ApiRequest, n: number) => Reply | Promise<Reply>);

/** An answer in words. */
export function say(text: string): Reply {
  return { blocks: [{ type: "text", text }] };
}

/** An answer that calls tools, one after the other. */
export function use(...calls: [name: string, input: Record<string, unknown>][]): Reply {
  return { blocks: calls.map(([name, input]) => ({ type: "tool_use", name, input })) };
}

/** A refused request. */
export function fail(status: number, message: string, type = "api_error"): Reply {
  return { error: { status, type, message } };
}

/** The texts of a request's conversation by role, for looking up what the agent knows. */
export function conversation(request: ApiRequest): { role: string; text: string }[] {
  return request.body.messages.map(({ role, content }) => ({
    role,
    text: typeof content === "string" ? content : JSON.stringify(content),
  }));
}

export function startMessagesApi(script: Script): MessagesApi {
  const requests: ApiRequest[] = [];
  const waiters = new Map<number, (request: ApiRequest) => void>();
  const stopped = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, signal: stopped.signal },
    async (http) => {
      const path = new URL(http.url).pathname;
      if (path.endsWith("/count_tokens")) {
        await http.text();
        return Response.json({ input_tokens: 10 });
      }
      if (!path.endsWith("/v1/messages")) {
        await http.text();
        return errorResponse({ status: 404, type: "not_found_error", message: `No ${path} here` });
      }
      const request: ApiRequest = { path, headers: http.headers, body: await http.json() };
      const n = requests.push(request) - 1;
      waiters.get(n)?.(request);
      const reply = Array.isArray(script)
        ? script[n] ?? say("The script has ended.")
        : await script(request, n);
      if (reply.wait) await Promise.race([reply.wait, aborted(stopped.signal)]);
      if (reply.error) return errorResponse(reply.error);
      if (request.body.stream !== true) return Response.json(wholeMessage(request, reply));
      return new Response(stream(request, reply, stopped.signal), {
        headers: { "content-type": "text/event-stream" },
      });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  return {
    url,
    env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "sk-ant-test-key", CLAUDE_CODE_MAX_RETRIES: "1" },
    requests,
    request(n) {
      const present = requests[n - 1];
      if (present) return Promise.resolve(present);
      return new Promise((resolve) => waiters.set(n - 1, resolve));
    },
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await server.finished;
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function errorResponse(error: NonNullable<Reply["error"]>): Response {
  return Response.json(
    { type: "error", error: { type: error.type ?? "api_error", message: error.message } },
    { status: error.status, headers: error.headers },
  );
}

function withIds(blocks: Block[]) {
  return blocks.map((block) =>
    block.type === "tool_use" ? { ...block, id: block.id ?? newId("toolu") } : block
  );
}

function newId(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`;
}

function wholeMessage(request: ApiRequest, reply: Reply) {
  const blocks = withIds(reply.blocks ?? []);
  return {
    id: newId("msg"),
    type: "message",
    role: "assistant",
    model: request.body.model,
    content: blocks,
    stop_reason: blocks.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: reply.usage ?? { input_tokens: 100, output_tokens: 20 },
  };
}

function stream(request: ApiRequest, reply: Reply, stopped: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const message = wholeMessage(request, reply);
  return new ReadableStream({
    start(controller) {
      const send = (type: string, data: Record<string, unknown>) =>
        controller.enqueue(encoder.encode(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`));
      if (reply.stall) {
        // A comment makes the headers go out; the stream then stays silent until the client or the test ends it.
        controller.enqueue(encoder.encode(": open\n\n"));
        stopped.addEventListener("abort", () => controller.close(), { once: true });
        return;
      }
      send("message_start", { message: { ...message, content: [], stop_reason: null } });
      for (const [index, block] of message.content.entries()) {
        sendBlock(send, index, block);
        if (reply.cut) return controller.error(new Error("cut by the script"));
      }
      send("message_delta", {
        delta: { stop_reason: message.stop_reason, stop_sequence: null },
        usage: { output_tokens: message.usage.output_tokens },
      });
      send("message_stop", {});
      controller.close();
    },
  });
}

function sendBlock(
  send: (type: string, data: Record<string, unknown>) => void,
  index: number,
  block: ReturnType<typeof withIds>[number],
): void {
  const [empty, delta] = block.type === "text"
    ? [{ type: "text", text: "" }, { type: "text_delta", text: block.text }]
    : block.type === "thinking"
    ? [{ type: "thinking", thinking: "", signature: "" }, {
      type: "thinking_delta",
      thinking: block.thinking,
    }]
    : [{ ...block, input: {} }, { type: "input_json_delta", partial_json: JSON.stringify(block.input) }];
  send("content_block_start", { index, content_block: empty });
  send("content_block_delta", { index, delta });
  send("content_block_stop", { index });
}
