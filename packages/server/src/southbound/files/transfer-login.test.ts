import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { answerChallenge, basicAuthorization, chooseDigest, parseChallenges } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../bus/memory.ts";
import { fileLinks } from "../../main/file-links.ts";
import { systemRandom } from "../../main/system-random.ts";
import { operationId, type OperationId } from "../../ports/index.ts";
import { digestHash } from "../digest-hash.ts";
import type { Reply } from "../cwmp/reply.ts";
import { transferLogin } from "./transfer-login.ts";

const SCOPE = "files/0123456789abcdef";
const links = fileLinks("ab".repeat(32));
const transfer = idOf("1");
const password = links.passwordOf(SCOPE, transfer);

for (const algorithm of ["MD5", "SHA-256"] as const) {
  test(`a device logs in by Digest with ${algorithm}, once for each answer`, async () => {
    const { ask } = bench();
    const authorization = answer(await ask(undefined), { algorithm, password });
    assert.equal(await ask(authorization), undefined);
    const again = await ask(authorization);
    assert.equal(again?.status, 401);
    assert.match(challengesOf(again), /stale=true/);
  });
}

test("a device that comes to another process with each request is let in with the second one, once", async () => {
  const { ask, another } = bench();
  const authorization = answer(await ask(undefined), { algorithm: "MD5", password });
  assert.equal(await another().ask(authorization), undefined);
  for (const process of [another(), { ask }]) {
    assert.match(challengesOf(await process.ask(authorization)), /stale=true/);
  }
});

test("where the process that asked is gone, a device is asked once more", async () => {
  const { ask, another } = bench();
  const gone = another();
  const authorization = answer(await gone.ask(undefined), { algorithm: "MD5", password });
  gone.close();
  const asked = await ask(authorization);
  assert.match(challengesOf(asked), /stale=true/);
  assert.equal(await ask(answer(asked, { algorithm: "MD5", password })), undefined);
});

test("a password is asked for in the clear only where nobody on the way can read it", async () => {
  const [open, closed] = [bench({ isPrivate: false }), bench({ isPrivate: true })];
  const basic = basicAuthorization(transfer, password);
  assert.doesNotMatch(challengesOf(await open.ask(undefined)), /Basic/);
  assert.equal((await open.ask(basic))?.status, 401);
  assert.match(challengesOf(await closed.ask(undefined)), /Basic/);
  assert.equal(await closed.ask(basic), undefined);
});

test("the password of another transfer, of another file, or of nobody lets nobody in", async () => {
  const { ask } = bench({ isPrivate: true });
  const others = [links.passwordOf(SCOPE, idOf("2")), links.passwordOf("uploads/1", transfer), "", "guess"];
  for (const other of others) {
    assert.equal((await ask(basicAuthorization(transfer, other)))?.status, 401);
    const guessed = answer(await ask(undefined), { algorithm: "MD5", password: other });
    assert.equal((await ask(guessed))?.status, 401);
  }
  assert.equal((await ask(basicAuthorization(idOf("2"), password)))?.status, 401);
  assert.equal((await ask("Bearer x"))?.status, 401);
});

test("a password is no link's token, and a token is no password", async () => {
  const token = links.mint({ scope: SCOPE, transfer, expiresAt: 9_000 });
  assert.equal(links.verify(password, SCOPE, 0), undefined);
  const refused = await bench({ isPrivate: true }).ask(basicAuthorization(transfer, token));
  assert.equal(refused?.status, 401);
});

/** A process, and others on the same bus. */
function bench({ isPrivate = false } = {}) {
  const clock = new VirtualClock();
  const bus = memoryBus({ clock, onError: assert.ifError });
  const start = () => {
    const login = transferLogin({ links, bus, clock, random: systemRandom, isPrivate: () => isPrivate });
    return {
      ask: (authorization: string | undefined): Promise<Reply | undefined> => {
        const request = new IncomingMessage(new Socket());
        request.method = "GET";
        if (authorization !== undefined) request.headers.authorization = authorization;
        return login.ask(request, { scope: SCOPE, transfer });
      },
      close: () => login.close(),
    };
  };
  return { ...start(), another: start };
}

function answer(
  asked: Reply | undefined,
  given: { readonly algorithm: "MD5" | "SHA-256"; readonly password: string },
): string {
  const challenges = parseChallenges(challengesOf(asked));
  const challenge = chooseDigest(
    challenges.filter((each) => each.scheme === "digest" && each.algorithm === given.algorithm),
  );
  assert.ok(challenge !== undefined);
  return answerChallenge(digestHash, {
    challenge,
    username: transfer,
    secret: { password: given.password },
    method: "GET",
    uri: "/files/x",
    nc: 1,
    cnonce: "c",
  });
}

function challengesOf(reply: Reply | undefined): string {
  return [reply?.headers["WWW-Authenticate"] ?? []].flat().join(", ");
}

function idOf(digit: string): OperationId {
  const id = operationId(digit.repeat(32));
  assert.ok(id);
  return id;
}
