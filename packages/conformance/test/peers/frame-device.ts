import { BadFrame, FrameReader, frameText, type Frame } from "./frame-bytes.ts";
import { jsonOutcome, type Outcome } from "./json-rpcs.ts";
import type { DeviceVoice, Wire } from "./small-device.ts";

const BEAT_MS = 200;

/** `v12.stomp` of a device, with the rule that it breaks. */
export function frameDevice(
  wire: Wire,
  reboot: (commandKey: string) => void,
  breaks: string | undefined,
): DeviceVoice {
  const reader = new FrameReader({
    cutsAtNul: breaks === "cuts a body at its first NUL",
    isDeafToEscapes: breaks === "does not read escapes",
    longest: 1_048_576,
  });
  const accepts = breaks === "accepts version 1.1 alone" ? "1.1" : "1.2";
  wire.say(frameText("CONNECT", { "accept-version": accepts, host: "acs", "heart-beat": `${BEAT_MS},0` }));
  const take = ({ command, headers, body }: Frame): void => {
    if (command === "CONNECTED") {
      begin(wire, headers, breaks);
      return;
    }
    if (command !== "MESSAGE") throw new BadFrame(`what is ${command}`);
    if (headers.get("destination") !== "/requests") return;
    const method = headers.get("method");
    const params = parse(body.toString("utf8"));
    const outcome = params === undefined ? BAD : jsonOutcome(method, params, breaks);
    const [status, said] = "result" in outcome ? ["ok", outcome.result] : ["fault", outcome.error];
    const answer = { destination: "/responses", "request-id": headers.get("request-id") };
    wire.say(
      frameText(
        "SEND",
        { ...answer, ...(breaks === "says no status" ? {} : { status }) },
        JSON.stringify(said),
      ),
    );
    if (method === "Reboot") reboot(String(params?.["CommandKey"]));
  };
  return (message) => {
    try {
      for (const frame of reader.take(message)) take(frame);
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      wire.close(1003);
    }
  };
}

const BAD: Outcome = { error: { code: 9003, message: "no" } };

function begin(wire: Wire, headers: ReadonlyMap<string, string>, breaks: string | undefined): void {
  wire.keep(headers.get("token") ?? "");
  wire.say(frameText("SUBSCRIBE", { id: "a", destination: "/responses" }));
  wire.say(frameText("SUBSCRIBE", { id: "q", destination: "/requests" }));
  const [, wanted = 0] = (headers.get("heart-beat") ?? "0,0").split(",").map(Number);
  if (wanted > 0 && breaks !== "keeps no heart-beats") wire.beat(BEAT_MS);
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
