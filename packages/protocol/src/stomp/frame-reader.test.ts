import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_BODY } from "./frame.ts";
import { bytesOf, hear, oneFrame, readerOf, refusal, textOf } from "./stream.fixture.ts";
import { stompVersions } from "./version.ts";

const SEND = "SEND\ndestination:/requests\nmethod:Inform\n\n{}\0";

test("a frame is a command, headers, a blank line, a body and a NUL [STOMP-FRAME-1]", () => {
  const frame = oneFrame(SEND);
  assert.equal(frame.command, "SEND");
  assert.deepEqual(
    [...frame.headers],
    [
      ["destination", "/requests"],
      ["method", "Inform"],
    ],
  );
  assert.equal(textOf(frame.body), "{}");
  assert.deepEqual(oneFrame("DISCONNECT\n\n\0"), {
    command: "DISCONNECT",
    headers: new Map(),
    body: NO_BODY,
  });
  assert.deepEqual(hear("DISCONNECT\n\n"), { frames: [], beats: 0, problem: undefined });
  assert.deepEqual(hear("DISCONNECT\nreceipt:1"), { frames: [], beats: 0, problem: undefined });
});

test("from 1.2 on each line may end with a carriage return and a line feed [STOMP-FRAME-2, STOMP-FRAME-4]", () => {
  for (const version of ["1.2", undefined] as const) {
    for (const mixed of [SEND.replaceAll("\n", "\r\n"), SEND.replace("\n", "\r\n")]) {
      assert.deepEqual(oneFrame(mixed, { version }), oneFrame(SEND));
      assert.deepEqual(oneFrame(mixed, { version, cut: 1 }), oneFrame(SEND));
    }
    for (const stray of ["SEND\ndestination:a\rb\n\n\0", "SE\rND\n\n\0", "SEND\na:b\r\r\n\n\0"]) {
      assert.deepEqual(refusal(stray, { version }), ["not-a-frame", "head"]);
    }
  }
  const { beats, problem } = hear("\r\n\r\n", { version: "1.2", cut: 1 });
  assert.deepEqual({ beats, problem }, { beats: 2, problem: undefined });
});

for (const version of ["1.0", "1.1"] as const) {
  test(`in ${version} a carriage return is data [STOMP-FRAME-3]`, () => {
    const { headers } = oneFrame("SEND\ndestination:a\r\n\r:b\rc\n\n\0", { version });
    assert.deepEqual(
      [...headers],
      [
        ["destination", "a\r"],
        ["\r", "b\rc"],
      ],
    );
    assert.deepEqual(refusal("SEND\r\ndestination:a\n\n\0", { version }), ["unknown-command", "command"]);
    assert.deepEqual(refusal("SEND\ndestination:a\n\r\n\n\0", { version }), ["not-a-frame", "header 2"]);
  });
}

test("ends of lines between frames are signs of life [STOMP-FRAME-5]", () => {
  const { frames, beats, problem } = hear(`\n\n\n${SEND}\n\n${SEND}${SEND}\n`);
  assert.deepEqual([frames.length, beats, problem], [3, 3, undefined]);
  const cut = hear(`\n\n\n${SEND}\n\n${SEND}${SEND}\n`, { cut: 1 });
  assert.deepEqual([cut.frames.length, cut.beats], [3, 6]);
});

test("commands and names of headers are told apart by case [STOMP-FRAME-6]", () => {
  assert.deepEqual(refusal("send\n\n\0"), ["unknown-command", "command"]);
  const { headers, body } = oneFrame("SEND\nDestination:a\ndestination:b\nContent-Length:1\n\n{}\0");
  assert.equal(headers.get("Destination"), "a");
  assert.equal(headers.get("destination"), "b");
  assert.equal(body.length, 2);
});

for (const command of ["GET / HTTP/1.1", "SENDS", " SEND", "SEND ", "\ufeffSEND", "__proto__", "\0", "é"]) {
  test(`${JSON.stringify(command)} is no command [STOMP-FRAME-7]`, () => {
    assert.deepEqual(refusal(`${command}\n\n\0`), ["unknown-command", "command"]);
  });
}

test("what is not UTF-8 is refused [STOMP-FRAME-8]", () => {
  assert.equal(oneFrame("SEND\ndestination:é😀\ufeff\n\n\0").headers.get("destination"), "é😀\ufeff");
  for (const wrong of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    const frame = Uint8Array.from([...bytesOf("SEND\na:"), ...wrong, ...bytesOf("\n\n\0")]);
    assert.deepEqual(refusal(frame), ["not-a-frame", "head"]);
  }
  const body = Uint8Array.from([...bytesOf("SEND\n\n"), 0xff, 0]);
  assert.deepEqual([...oneFrame(body).body], [0xff]);
});

test("a stream means the same however it is cut into pieces [STOMP-FRAME-9]", () => {
  const stream = `${SEND}\r\nSEND\r\ncontent-length:4\r\n\r\n\0é\0\0\n\nMESSAGE\na:b\\nc\n\n\0`;
  const whole = hear(stream);
  assert.equal(whole.frames.length, 3);
  for (let cut = 1; cut < bytesOf(stream).length; cut += 1) {
    assert.deepEqual(hear(stream, { cut }).frames, whole.frames);
  }
});

test("what a reader gives does not change when its chunk does [STOMP-FRAME-9]", () => {
  const chunk = Buffer.from(SEND);
  const [item] = [...readerOf().read(chunk)];
  chunk.fill(0);
  assert.ok(item?.ok && item.value.kind === "frame");
  assert.equal(textOf(item.value.frame.body), "{}");
});

test("after a problem nothing more is read [STOMP-FRAME-10]", () => {
  const reader = readerOf();
  const first = [...reader.read(bytesOf(`${SEND}oops\n\n\0${SEND}`))];
  assert.deepEqual(
    first.map(({ ok }) => ok),
    [true, false],
  );
  assert.deepEqual([...reader.read(bytesOf(SEND))], first.slice(1));
  assert.deepEqual([...reader.read(bytesOf(SEND))], first.slice(1));
});

test("a chunk is read to its end before the next", () => {
  const reader = readerOf();
  reader.read(bytesOf(SEND + SEND)).next();
  assert.throws(() => reader.read(bytesOf(SEND)).next(), /has not been read to its end/);
});

test("a version that is agreed on counts from the next frame on, in the same chunk as well", () => {
  const reader = readerOf();
  const values: (string | undefined)[] = [];
  for (const item of reader.read(bytesOf("CONNECT\nhost:a\\tb\n\n\0SEND\ndestination:a\\tb\r\n\n\0"))) {
    assert.ok(item.ok && item.value.kind === "frame");
    values.push(...item.value.frame.headers.values());
    reader.speak("1.0");
  }
  assert.deepEqual(values, ["a\\tb", "a\\tb\r"]);
});

test("the first colon ends a name, and a name is not empty [STOMP-HEADER-1]", () => {
  for (const version of stompVersions) {
    const { headers } = oneFrame("SEND\nurl:http://a:1\nempty:\n\n\0", { version });
    assert.deepEqual(
      [...headers],
      [
        ["url", "http://a:1"],
        ["empty", ""],
      ],
    );
    for (const line of [":value", "no colon", "\0"]) {
      assert.deepEqual(refusal(`SEND\na:b\n${line}\n\n\0`, { version }), ["not-a-frame", "header 2"]);
    }
  }
});

test("of repeated headers the first counts [STOMP-HEADER-2]", () => {
  const { headers, body } = oneFrame(
    "SEND\na:World\na:Hello\n\\\\:1\ncontent-length:1\ncontent-length:9\n\n{\0",
    { version: "1.2" },
  );
  assert.deepEqual(
    [...headers],
    [
      ["a", "World"],
      ["\\", "1"],
    ],
  );
  assert.equal(body.length, 1);
});

test("names and values are never trimmed [STOMP-HEADER-3]", () => {
  for (const version of stompVersions) {
    const { headers } = oneFrame("SEND\n destination : /a \n\n\0", { version });
    assert.deepEqual([...headers], [[" destination ", " /a "]]);
  }
});

test("a header may have any name [STOMP-HEADER-4]", () => {
  const { headers } = oneFrame("SEND\n__proto__:1\nconstructor:2\n\n\0");
  assert.equal(headers.get("__proto__"), "1");
  assert.equal(headers.get("constructor"), "2");
  assert.equal(headers.get("toString"), undefined);
});

test("1.0 has no escapes [STOMP-ESCAPE-1]", () => {
  const { headers } = oneFrame("SEND\na\\b:\\n\\c\\\\\\t\\\n\n\0", { version: "1.0" });
  assert.deepEqual([...headers], [["a\\b", "\\n\\c\\\\\\t\\"]]);
});

for (const version of ["1.1", "1.2"] as const) {
  test(`${version} has escapes in names and in values [STOMP-ESCAPE-2]`, () => {
    const { headers } = oneFrame("SEND\n\\c\\n\\\\:\\n\\c\\\\\\\\n\\\\c\n\n\0", { version });
    assert.deepEqual([...headers], [[":\n\\", "\n:\\\\n\\c"]]);
  });

  for (const escape of ["\\t", "\\N", "\\ ", "\\", "\\\\\\", "\\😀", "\\0"]) {
    test(`${version} does not define ${JSON.stringify(escape)} [STOMP-ESCAPE-4]`, () => {
      assert.deepEqual(refusal(`SEND\na:${escape}\n\n\0`, { version }), ["not-a-frame", "header 1"]);
      assert.deepEqual(refusal(`SEND\na:b\n${escape}:a\n\n\0`, { version }), ["not-a-frame", "header 2"]);
    });
  }
}

test("1.2 alone has an escape for the carriage return [STOMP-ESCAPE-3]", () => {
  const frame = "SEND\na:\\r\\\\r\n\n\0";
  assert.equal(oneFrame(frame, { version: "1.2" }).headers.get("a"), "\r\\r");
  assert.deepEqual(refusal(frame, { version: "1.1" }), ["not-a-frame", "header 1"]);
});

test("CONNECT and CONNECTED are not escaped, and STOMP is [STOMP-ESCAPE-5, STOMP-CONNECT-6]", () => {
  for (const command of ["CONNECT", "CONNECTED"]) {
    const { headers } = oneFrame(`${command}\npasscode:a\\c\\tb:c\n\n\0`);
    assert.equal(headers.get("passcode"), "a\\c\\tb:c");
  }
  assert.equal(oneFrame("STOMP\nlogin:a\\cb\n\n\0").headers.get("login"), "a:b");
  assert.deepEqual(refusal("STOMP\nlogin:a\\tb\n\n\0"), ["not-a-frame", "header 1"]);
});

for (const command of ["SUBSCRIBE", "CONNECT", "DISCONNECT", "RECEIPT", "CONNECTED", "ACK"]) {
  test(`${command} has no body, and in 1.0 it is passed over [STOMP-BODY-1]`, () => {
    for (const [length, body] of [
      ["", "{}"],
      ["content-length:2\n", "{}"],
      ["content-length:1\n", "\0"],
    ] as const) {
      const frame = `${command}\nid:1\n${length}\n${body}\0`;
      for (const version of ["1.1", "1.2"] as const) {
        assert.deepEqual(refusal(frame, { version }), ["not-a-frame", "body"]);
      }
      assert.deepEqual(oneFrame(frame, { version: "1.0" }), {
        command,
        headers: new Map([["id", "1"]]),
        body: NO_BODY,
      });
    }
  });
}

test("SEND, MESSAGE and ERROR may have a body [STOMP-BODY-1]", () => {
  for (const command of ["SEND", "MESSAGE", "ERROR"]) {
    assert.equal(textOf(oneFrame(`${command}\n\n{}\0`).body), "{}");
    assert.equal(oneFrame(`${command}\n\n\0`).body.length, 0);
  }
});

test("content-length counts NULs, and a NUL follows [STOMP-BODY-2]", () => {
  const { frames } = hear("SEND\ncontent-length:3\n\n\0\n\0\0SEND\ncontent-length:0\n\n\0");
  assert.deepEqual(
    frames.map(({ body }) => [...body]),
    [[0, 0x0a, 0], []],
  );
  for (const [length, body] of [
    [1, "ab\0"],
    [0, "a\0"],
    [2, "é!\0"],
  ] as const) {
    assert.deepEqual(refusal(`SEND\ncontent-length:${length}\n\n${body}`), ["not-a-frame", "body"]);
  }
  assert.deepEqual(hear("SEND\ncontent-length:3\n\nab\0").frames, []);
});

test("without content-length the first NUL ends the body [STOMP-BODY-3]", () => {
  const { frames } = hear(`SEND\n\na\n\nb\0${SEND}`);
  assert.deepEqual(
    frames.map(({ body }) => textOf(body)),
    ["a\n\nb", "{}"],
  );
});

test("content-length is a number in digits, and stands in no map [STOMP-BODY-4]", () => {
  assert.deepEqual(oneFrame("SEND\ncontent-length:2\n\n{}\0").headers, new Map());
  assert.deepEqual(oneFrame("SUBSCRIBE\ncontent-length:0\n\n\0").headers, new Map());
  for (const length of ["", "-1", "+1", "1.0", "1e1", "0x1", " 1", "1 ", "Infinity", "9".repeat(16), "١"]) {
    assert.deepEqual(refusal(`SEND\ncontent-length:${length}\n\n{}\0`), [
      "bad-header",
      "SEND.content-length",
    ]);
  }
});
