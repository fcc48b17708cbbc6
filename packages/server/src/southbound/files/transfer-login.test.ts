import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { answerChallenge, basicAuthorization, chooseDigest, parseChallenges } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
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
  test(`a device logs in by Digest with ${algorithm}, once for each answer`, () => {
    const { ask } = bench();
    const authorization = answer(ask(undefined), { algorithm, password });
    assert.equal(ask(authorization), undefined);
    const again = ask(authorization);
    assert.equal(again?.status, 401);
    assert.match(challengesOf(again), /stale=true/);
  });
}

test("a password is asked for in the clear only where nobody on the way can read it", () => {
  const [open, closed] = [bench({ isPrivate: false }), bench({ isPrivate: true })];
  const basic = basicAuthorization(transfer, password);
  assert.doesNotMatch(challengesOf(open.ask(undefined)), /Basic/);
  assert.equal(open.ask(basic)?.status, 401);
  assert.match(challengesOf(closed.ask(undefined)), /Basic/);
  assert.equal(closed.ask(basic), undefined);
});

test("the password of another transfer, of another file, or of nobody lets nobody in", () => {
  const { ask } = bench({ isPrivate: true });
  const others = [links.passwordOf(SCOPE, idOf("2")), links.passwordOf("uploads/1", transfer), "", "guess"];
  for (const other of others) {
    assert.equal(ask(basicAuthorization(transfer, other))?.status, 401);
    assert.equal(ask(answer(ask(undefined), { algorithm: "MD5", password: other }))?.status, 401);
  }
  assert.equal(ask(basicAuthorization(idOf("2"), password))?.status, 401);
  assert.equal(ask("Bearer x")?.status, 401);
});

test("a password is no link's token, and a token is no password", () => {
  const token = links.mint({ scope: SCOPE, transfer, expiresAt: 9_000 });
  assert.equal(links.verify(password, SCOPE, 0), undefined);
  assert.equal(bench({ isPrivate: true }).ask(basicAuthorization(transfer, token))?.status, 401);
});

function bench({ isPrivate = false } = {}) {
  const clock = new VirtualClock();
  const login = transferLogin({ links, clock, random: systemRandom, isPrivate: () => isPrivate });
  return {
    ask: (authorization: string | undefined): Reply | undefined => {
      const request = new IncomingMessage(new Socket());
      request.method = "GET";
      if (authorization !== undefined) request.headers.authorization = authorization;
      return login(request, { scope: SCOPE, transfer });
    },
  };
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
