/** `autopilot openapi`: the description of the server's API. */

import { CLIENT_OPTIONS } from "../../config.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";

export const command: Command = {
  config: CLIENT_OPTIONS,
  examples: [{ line: "openapi >openapi.json", meaning: "for generators and explorers; OpenAPI 3.1" }],
  async run(context) {
    const client = await context.client();
    context.out.json(await client.call<unknown>("/openapi.json"));
    return EXIT.ok;
  },
};
