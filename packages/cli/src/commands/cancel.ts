import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson } from "../output.ts";

export const cancel = command({
  name: "cancel",
  section: "What happens",
  summary: "Take back an operation that is not with its device",
  arguments: [{ name: "id", help: "the operation" }],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "cancel 3f0c2d5e8a9b4c1d9e7f6a5b4c3d2e1f", shows: "it is not sent any more" }],
  async run(given, terminal) {
    const operation = await connect(given, terminal).operations.cancel(given.one("id"));
    if (given.isOn("json")) showJson(terminal, operation);
    else terminal.out(`operation ${operation.id} is ${operation.state}`);
    return exitCodes.done;
  },
});
