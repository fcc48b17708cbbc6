import type { AcsSeat } from "../../acs/acs-seat.ts";
import { Deviation, expect } from "../../case.ts";
import { describe, type Conversation } from "../../conversation.ts";
import type { Answer, Fault, HeardFrame } from "../../speech/speech.ts";
import { envelope, rpcBody } from "../../speech/envelope.ts";
import { stompFrame } from "../../speech/stomp-frames.ts";
import { expectServes, type AcsCase } from "./exchange.ts";

type Headers = Readonly<Record<string, string>>;

const OPEN = stompFrame("CONNECT", { "accept-version": "1.2", host: "kit" });
const json = { "content-type": "application/json" };
const asks = (id: string, more: Headers = {}): Headers => ({
  destination: "/requests",
  method: "GetRPCMethods",
  "request-id": id,
  ...json,
  ...more,
});
const send = (headers: Headers, body = "{}"): string => stompFrame("SEND", headers, body);

/** `v12.stomp`: how a session begins. */
const openingFrames: readonly AcsCase[] = [
  refused("STOMP-CONNECT-1", "a first frame that is not CONNECT gets ERROR and 1003", {
    first: [send(asks("c1"))],
    code: 1003,
  }),
  refused("STOMP-CONNECT-1", "a second CONNECT gets ERROR and 1003", { says: [OPEN], code: 1003 }),
  onSocket("STOMP-CONNECT-1", "STOMP in place of CONNECT is the same", async (talk) => {
    talk.say(OPEN.replace("CONNECT", "STOMP"));
    await frame(talk, "CONNECTED");
  }),
  onSocket("STOMP-CONNECT-4", "CONNECTED names the version 1.2", async (talk) => {
    talk.say(OPEN);
    const { headers, text } = await frame(talk, "CONNECTED");
    expect(headers.get("version") === "1.2", "version:1.2", text);
  }),
  onSocket(
    "STOMP-LIGHT-4",
    "CONNECTED has session, token, token-expires-in, max-in-flight and max-message-bytes",
    async (talk) => {
      talk.say(OPEN);
      const { headers, text } = await frame(talk, "CONNECTED");
      for (const name of ["session", "token", "token-expires-in", "max-in-flight", "max-message-bytes"]) {
        expect(headers.has(name), `the header ${name}`, text);
      }
    },
  ),
  onSocket(
    "STOMP-LIGHT-1",
    "who does not accept version 1.2 gets ERROR, which names it in version",
    async (talk) => {
      talk.say(stompFrame("CONNECT", { "accept-version": "1.0", host: "kit" }));
      const { headers, text } = await frame(talk, "ERROR");
      expect(headers.get("version")?.includes("1.2") === true, "version:1.2", text);
    },
  ),
  {
    rule: "STOMP-LIGHT-2",
    text: "the token may come as passcode of CONNECT",
    async run(seat) {
      const { token } = await seat.reference();
      await using talk = await seat.connect({ token: undefined });
      talk.say(
        stompFrame("CONNECT", { "accept-version": "1.2", host: "kit", login: "kit", passcode: token }),
      );
      await frame(talk, "CONNECTED");
    },
  },
  {
    rule: "STOMP-LIGHT-2",
    text: "a wrong passcode gets ERROR, and 4001",
    async run(seat) {
      await using talk = await seat.connect({ token: undefined });
      talk.say(stompFrame("CONNECT", { "accept-version": "1.2", host: "kit", passcode: "wrong" }));
      await frame(talk, "ERROR");
      await closes(talk, 4001);
    },
  },
  onSocket(
    "STOMP-BEAT-1",
    "heart-beat is answered with what the ACS offers and wants; it beats as agreed",
    async (talk) => {
      talk.say(stompFrame("CONNECT", { "accept-version": "1.2", host: "kit", "heart-beat": "0,0" }));
      const { headers, text } = await frame(talk, "CONNECTED");
      expect(/^\d+,\d+$/.test(headers.get("heart-beat") ?? ""), "heart-beat with two numbers", text);
    },
  ),
];

/** `v12.stomp`: frames, and what is none. */
const frameForms: readonly AcsCase[] = [
  refused("STOMP-FRAME-7", "a command that STOMP does not have gets ERROR and 1003", {
    says: ["HELLO\n\n\0"],
    code: 1003,
  }),
  refused("STOMP-FRAME-6", "a command in small letters is none", {
    says: ["send\ndestination:/requests\n\n\0"],
    code: 1003,
  }),
  refused("STOMP-ESCAPE-4", "an escape that STOMP does not have is fatal", {
    says: ["SEND\ndestination:/requests\nx:\\t\n\n\0"],
    code: 1003,
  }),
  refused("STOMP-HEADER-5", "a SEND without a destination gets ERROR and 1003", {
    says: [stompFrame("SEND", { method: "GetRPCMethods" })],
    code: 1003,
  }),
  refused("STOMP-BODY-2", "a body that is longer than its content-length gets ERROR and 1003", {
    says: ["SEND\ndestination:/requests\nmethod:GetRPCMethods\ncontent-length:1\n\n{}\0"],
    code: 1003,
  }),
  refused("STOMP-BODY-4", "a content-length that is no number gets ERROR and 1003", {
    says: ["SEND\ndestination:/requests\ncontent-length:two\n\n{}\0"],
    code: 1003,
  }),
  refused("STOMP-BODY-1", "a SUBSCRIBE with a body gets ERROR and 1003", {
    says: [stompFrame("SUBSCRIBE", { id: "b", destination: "/responses" }, "x")],
    code: 1003,
  }),
  answered("STOMP-FRAME-2", "lines may end with a carriage return and a line feed", () => [
    `SEND\r\ndestination:/requests\r\nmethod:GetRPCMethods\r\nrequest-id:f2\r\n\r\n{}\0`,
    "f2",
  ]),
  answered("STOMP-FRAME-5", "ends of lines between frames are signs of life and nothing else", () => [
    `\n\n\r\n${send(asks("f5"))}`,
    "f5",
  ]),
  answered("STOMP-HEADER-2", "of repeated headers the first counts", () => [
    `SEND\ndestination:/requests\nmethod:GetRPCMethods\nmethod:X_5A5A5A_Nothing\nrequest-id:h2\nrequest-id:h3\n\n{}\0`,
    "h2",
  ]),
  answered("STOMP-HEADER-4", "headers that STOMP does not define are passed over", () => [
    send(asks("h4", { "x-colour": "blue", __proto: "1" })),
    "h4",
  ]),
  onSession("STOMP-BODY-2", "a body with content-length may have a NUL in it", async (talk) => {
    talk.say(send(asks("b2"), '{"X":"\0"}'));
    await talk.answerTo("b2");
    await expectServes(talk);
  }),
  answered("STOMP-BODY-3", "without content-length the first NUL ends the body", () => [
    `SEND\ndestination:/requests\nmethod:GetRPCMethods\nrequest-id:b3\n\n{}\0`,
    "b3",
  ]),
  answered("STOMP-ESCAPE-3", "a header with every escape of 1.2 comes back as it was", () => [
    send(asks("a:b\\c\nd\re")),
    "a:b\\c\nd\re",
  ]),
  onSession("STOMP-LIGHT-6", "a frame may come in several messages", async (talk) => {
    const whole = send(asks("l6"));
    for (const piece of [whole.slice(0, 9), whole.slice(9, 40), whole.slice(40)]) talk.say(piece);
    await served(talk, "l6");
  }),
  onSession("STOMP-LIGHT-6", "a message may hold several frames", async (talk) => {
    talk.say(send(asks("l7")) + send(asks("l8")));
    const ids = [await talk.next(), await talk.next()].map((heard) =>
      heard?.is === "answer" ? heard.id : describe(heard),
    );
    expect(ids.includes("l7") && ids.includes("l8"), "an answer to each", ids.join(", "));
  }),
  onSession("STOMP-LIGHT-6", "binary messages are read like text", async (talk) => {
    talk.say(Buffer.from(send(asks("l9"))));
    await served(talk, "l9");
  }),
];

/** `v12.stomp`: requests, receipts, transactions and the end. */
const sessionFrames: readonly AcsCase[] = [
  answered(
    "STOMP-RPC-3",
    "a request is answered on the subscription to /responses, with its request-id and status",
    () => [send(asks("r3")), "r3"],
  ),
  onSession("STOMP-RPC-3", "an answer has the status ok, a refusal the status fault", async (talk) => {
    talk.say(send(asks("r4")));
    const served = await talk.answerTo("r4");
    expect(served.text.includes("\nstatus:ok\n"), "status:ok", served.text);
    talk.say(send({ ...asks("r5"), method: "X_5A5A5A_Nothing" }));
    const refusal = await talk.answerTo("r5");
    expect(refusal.text.includes("\nstatus:fault\n"), "status:fault", refusal.text);
  }),
  onSession(
    "STOMP-SUBSCRIBE-7",
    "MESSAGE names the subscription by its id, the destination, and an id of its own",
    async (talk) => {
      const heard: (Answer | Fault)[] = [];
      for (const id of ["s1", "s2"]) {
        talk.say(send(asks(id)));
        heard.push(await talk.answerTo(id));
      }
      for (const { text } of heard) {
        expect(text.includes("\nsubscription:a\n"), "subscription:a", text);
        expect(text.includes("\ndestination:/responses\n"), "destination:/responses", text);
      }
      const [one, other] = heard.map(({ text }) => /\nmessage-id:(.*)/.exec(text)?.[1]);
      expect(one !== undefined && one !== other, "a message-id of its own", `${one} and ${other}`);
    },
  ),
  onSession("STOMP-RPC-4", "a request without request-id is not answered", async (talk) => {
    talk.say(stompFrame("SEND", { destination: "/requests", method: "GetRPCMethods", ...json }, "{}"));
    await expectServes(talk, "no answer, and that");
  }),
  refused("STOMP-RPC-7", "a destination that there is not gets ERROR, and the connection closes", {
    says: [send({ destination: "/device/another/requests", method: "GetRPCMethods" })],
    code: 1003,
  }),
  onSession("STOMP-LIGHT-7", "a question in text/xml is answered in text/xml", async (talk) => {
    const headers = {
      destination: "/requests",
      method: "GetRPCMethods",
      "request-id": "x1",
      "content-type": "text/xml",
    };
    talk.say(stompFrame("SEND", headers, envelope(rpcBody("GetRPCMethods", {}), { id: "x1" })));
    const heard = await talk.answerTo("x1");
    expect(
      heard.is === "answer" && /content-type:text\/xml/.test(heard.text),
      "content-type:text/xml",
      heard.text,
    );
    expect(/GetRPCMethodsResponse/.test(heard.text), "a GetRPCMethodsResponse", heard.text);
  }),
  onSession("STOMP-RECEIPT-1", "RECEIPT names the receipt that was asked for", async (talk) => {
    talk.say(stompFrame("BEGIN", { transaction: "t1", receipt: "rc-1" }));
    await receipt(talk, "rc-1");
  }),
  refused("STOMP-SUBSCRIBE-2", "an id of a subscription that is open is not given again", {
    says: [stompFrame("SUBSCRIBE", { id: "a", destination: "/requests" })],
    code: 1003,
  }),
  refused("STOMP-SUBSCRIBE-3", "an ack mode that STOMP does not have gets ERROR", {
    says: [stompFrame("SUBSCRIBE", { id: "m", destination: "/responses", ack: "never" })],
    code: 1003,
  }),
  refused("STOMP-SUBSCRIBE-4", "UNSUBSCRIBE of nothing gets ERROR", {
    says: [stompFrame("UNSUBSCRIBE", { id: "nothing" })],
    code: 1003,
  }),
  refused("STOMP-ACK-7", "an ACK for what is not pending gets ERROR", {
    says: [stompFrame("ACK", { id: "nothing" })],
    code: 1003,
  }),
  onSession(
    "STOMP-TX-2",
    "nothing of a transaction is served before COMMIT, and then all of it",
    async (talk) => {
      talk.say(stompFrame("BEGIN", { transaction: "t1" }));
      talk.say(send(asks("t-1", { transaction: "t1" })));
      await expectServes(talk, "no answer before COMMIT, and that");
      talk.say(stompFrame("COMMIT", { transaction: "t1" }));
      await served(talk, "t-1");
    },
  ),
  onSession("STOMP-TX-3", "ABORT drops what the transaction held", async (talk) => {
    talk.say(stompFrame("BEGIN", { transaction: "t1" }));
    talk.say(send(asks("t-2", { transaction: "t1" })));
    talk.say(stompFrame("ABORT", { transaction: "t1" }));
    await expectServes(talk, "no answer, and that");
  }),
  refused("STOMP-TX-5", "a transaction that is open is not begun again", {
    says: [stompFrame("BEGIN", { transaction: "t1" }), stompFrame("BEGIN", { transaction: "t1" })],
    code: 1003,
  }),
  refused("STOMP-TX-6", "COMMIT of what is not open gets ERROR", {
    says: [stompFrame("COMMIT", { transaction: "none" })],
    code: 1003,
  }),
  onSession("STOMP-ERROR-3", "ERROR names the receipt that the refused frame asked for", async (talk) => {
    talk.say(stompFrame("COMMIT", { transaction: "none", receipt: "rc-3" }));
    const { headers, text } = await frame(talk, "ERROR");
    expect(headers.get("receipt-id") === "rc-3", "receipt-id:rc-3", text);
  }),
  onSession(
    "STOMP-ERROR-2",
    "ERROR says in message what is wrong, and in close-code how the socket closes",
    async (talk) => {
      talk.say("HELLO\n\n\0");
      const { headers, text } = await frame(talk, "ERROR");
      expect((headers.get("message") ?? "") !== "", "a message", text);
      const { code = 1003 } = (await talk.end()) ?? {};
      expect(headers.get("close-code") === String(code), `close-code:${code}`, text);
    },
  ),
  onSession("STOMP-ERROR-1", "after ERROR the connection closes", async (talk) => {
    talk.say("HELLO\n\n\0");
    await frame(talk, "ERROR");
    await talk.closing(1003);
  }),
  onSession("STOMP-RECEIPT-1", "DISCONNECT gets its receipt", async (talk) => {
    talk.say(stompFrame("DISCONNECT", { receipt: "rc-9" }));
    await receipt(talk, "rc-9");
  }),
  onSession("STOMP-END-1", "after DISCONNECT the socket closes with 1000", async (talk) => {
    talk.say(stompFrame("DISCONNECT", { receipt: "rc-10" }));
    await talk.closing(1000);
  }),
  {
    rule: "STOMP-LIMIT-2",
    text: "a body longer than max-message-bytes gets ERROR, and the socket closes with 1009",
    async run(seat) {
      await using talk = await seat.connect();
      talk.say(OPEN);
      const longest = Number((await frame(talk, "CONNECTED")).headers.get("max-message-bytes"));
      talk.say(send(asks("big"), `{"X":"${"x".repeat(longest)}"}`));
      const heard = await talk.next();
      // Where a single message is too long, there may be nobody left to say ERROR.
      const isEnd = heard?.is === "closed" && heard.code === 1009;
      const isError = heard?.is === "frame" && heard.command === "ERROR";
      expect(isEnd || isError, "ERROR, or a close with 1009", describe(heard));
      if (isError) await closes(talk, 1009);
    },
  },
];

export const frameCases: readonly AcsCase[] = [...openingFrames, ...frameForms, ...sessionFrames];

/** On a socket on which nothing was said yet. */
function onSocket(
  rule: string,
  text: string,
  run: (talk: Conversation, seat: AcsSeat) => Promise<void>,
): AcsCase {
  return {
    rule,
    text,
    async run(seat) {
      await using talk = await seat.connect();
      await run(talk, seat);
    },
  };
}

/** On a connection that has its session and its subscriptions, `a` to /responses and `q` to /requests. */
function onSession(rule: string, text: string, run: (talk: Conversation) => Promise<void>): AcsCase {
  return {
    rule,
    text,
    async run(seat) {
      await using talk = await seat.converse();
      await run(talk);
    },
  };
}

interface Refused {
  /** On a socket on which nothing was said yet; else `says`. */
  readonly first?: readonly string[];
  readonly says?: readonly string[];
  readonly code: number;
}

function refused(rule: string, text: string, { first, says = [], code }: Refused): AcsCase {
  const run = async (talk: Conversation): Promise<void> => {
    for (const message of first ?? says) talk.say(message);
    await frame(talk, "ERROR");
    await closes(talk, code);
  };
  return first === undefined ? onSession(rule, text, run) : onSocket(rule, text, run);
}

function answered(rule: string, text: string, says: () => readonly [message: string, id: string]): AcsCase {
  return onSession(rule, text, async (talk) => {
    const [message, id] = says();
    talk.say(message);
    await served(talk, id);
  });
}

async function served(talk: Conversation, id: string): Promise<void> {
  const heard = await talk.answerTo(id);
  expect(heard.is === "answer", "status:ok", heard.text);
}

async function frame(talk: Conversation, command: string): Promise<HeardFrame> {
  const heard = await talk.next();
  if (heard?.is === "frame" && heard.command === command) return heard;
  throw new Deviation(`a frame ${command}`, describe(heard));
}

/** That it closes at all is a rule of its own. */
async function closes(talk: Conversation, code: number): Promise<void> {
  const end = await talk.end();
  if (end !== undefined) expect(end.code === code, `a close with ${code}`, describe(end));
}

async function receipt(talk: Conversation, id: string): Promise<void> {
  const { headers, text } = await frame(talk, "RECEIPT");
  expect(headers.get("receipt-id") === id, `receipt-id:${id}`, text);
}
