import assert from "node:assert/strict";
import { test } from "node:test";
import { openLightBench } from "../../../test/light-gateway-bench.ts";
import type { ConnectReply } from "../../ports/index.ts";
import { engineId } from "../../ports/index.ts";

test("while an engine owes too many answers, handshakes get 503 with a time to come again, and connections that stand go on", async () => {
  const goOn = Promise.withResolvers<ConnectReply>();
  let isSlow = false;
  const owned: ConnectReply = { type: "owned", engine: engineId("e1"), generation: 1 };
  const connect = (): Promise<ConnectReply> => (isSlow ? goOn.promise : Promise.resolve(owned));
  await using bench = await openLightBench({ engine: { connect }, load: { maxOpening: 1 } });
  const standing = await bench.attach("standing");
  isSlow = true;
  await bench.connect("waiting");

  const { token } = await bench.enrol("late");
  const { status, headers } = await bench.knock({ token });
  assert.equal(status, 503);
  const seconds = Number(headers["retry-after"]);
  assert.ok(seconds >= 5 && seconds < 15, String(seconds));
  assert.equal((await standing.device.ask("GetRPCMethods")).error, undefined);

  goOn.resolve(owned);
  await bench.connect("late");
});
