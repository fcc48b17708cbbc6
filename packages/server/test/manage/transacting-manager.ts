import {
  defaultStompLimits,
  StompReader,
  writeFrame,
  type StompCommand,
  type StompFrame,
} from "@heliograph/protocol";
import { WebSocket } from "ws";
import { within } from "../deadline.ts";
import { markedCall, type MarkedMethod } from "../marked-call.ts";
import type { Life } from "../supervisor.ts";

/** One RPC of a transaction. */
export interface MarkedSend {
  readonly device: string;
  readonly method: MarkedMethod;
  readonly mark: string;
}

/** How far a transaction got before its connection was over. */
export interface Committed {
  readonly isReceipted: boolean;
  /** All of it is answered. */
  readonly isAnswered: boolean;
}

/**
 * Commits one transaction over a connection of its own. Resolves once all of it is answered, or the connection broke.
 * Rejects where the ACS refuses it.
 */
export async function commit(life: Life, sends: readonly MarkedSend[]): Promise<Committed> {
  const socket = new WebSocket(new URL("/manage", life.northboundUrl.replace(/^http/, "ws")), "v12.stomp");
  const over = Promise.withResolvers<undefined>();
  const reader = new StompReader(defaultStompLimits);
  reader.speak("1.2");
  let isReceipted = false;
  let answers = 0;
  const hear = ({ command, headers }: StompFrame, text: string): void => {
    if (command === "CONNECTED") for (const each of framesOf(sends)) socket.send(each);
    else if (command === "RECEIPT") isReceipted = true;
    else if (command === "MESSAGE" && headers.get("status") !== "refused") answers += 1;
    else over.reject(new Error(`the ACS says ${text}`));
    if (answers === sends.length) over.resolve(undefined);
  };
  socket.on("open", () => {
    socket.send(frame("CONNECT", { "accept-version": "1.2", host: "acs", passcode: life.token }));
  });
  socket.on("message", (data: Buffer) => {
    for (const item of reader.read(data)) {
      if (item.ok && item.value.kind === "frame") hear(item.value.frame, data.toString());
    }
  });
  socket.on("error", () => over.resolve(undefined));
  socket.on("close", () => over.resolve(undefined));
  try {
    await within(over.promise, "the answers to a COMMIT, or the end of its connection");
  } finally {
    socket.terminate();
  }
  return { isReceipted, isAnswered: answers === sends.length };
}

function framesOf(sends: readonly MarkedSend[]): readonly Buffer[] {
  const transaction = "t";
  return [
    frame("SUBSCRIBE", { id: "answers", destination: "/user/responses" }),
    frame("BEGIN", { transaction }),
    ...sends.map(({ device, method, mark }) => {
      const headers = { destination: `/device/${device}/requests`, transaction, method, "request-id": mark };
      return frame("SEND", headers, JSON.stringify(markedCall(method, mark).params));
    }),
    frame("COMMIT", { transaction, receipt: "committed" }),
  ];
}

function frame(command: StompCommand, headers: Readonly<Record<string, string>>, body = ""): Buffer {
  const written = writeFrame(
    { command, headers: new Map(Object.entries(headers)), body: Buffer.from(body) },
    "1.2",
  );
  if (!written.ok) throw new Error(written.problem.detail);
  return Buffer.from(written.value);
}
