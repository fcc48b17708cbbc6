import { routes } from "@heliograph/api";
import { subjects, type ApiToken } from "../ports/index.ts";
import { tokenHash } from "./authentication.ts";
import { refuse, refuseInput } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showToken } from "./show-journal.ts";
import { tooMuch } from "./user-handlers.ts";

/** 256 random bits: nobody guesses them, so that a fast hash is enough to keep. */
const TOKEN_BYTES = 32;
const ID_BYTES = 8;

export function tokenHandlers(ports: NorthboundPorts) {
  const { bus, store, clock, random } = ports;
  return {
    listTokens: serve(routes.listTokens, async () => {
      const tokens = await store.apiTokens();
      return give(200, { items: tokens.map(showToken) });
    }),

    createToken: serve(routes.createToken, async ({ input: { body }, manager }) => {
      const at = clock.now();
      const expiresAt = body.expires === undefined ? undefined : Date.parse(body.expires);
      if (expiresAt !== undefined && expiresAt <= at) {
        return refuseInput("invalid-request", [
          { at: "$.expires", detail: "is past: give a time to come, or none" },
        ]);
      }
      const { role = "admin" } = body;
      const refusal = await tooMuch(ports, role, manager);
      if (refusal !== undefined) return refusal;
      const text = `hg_${random.hex(TOKEN_BYTES)}`;
      const token: ApiToken = {
        id: random.hex(ID_BYTES),
        name: body.name,
        role,
        hash: tokenHash(text),
        createdAt: at,
        ...(expiresAt === undefined ? {} : { expiresAt }),
      };
      const detail = { id: token.id, name: token.name, role };
      await store.commit("add-token", {
        token,
        audit: { at, manager: manager.name, action: "create-token", detail },
      });
      return give(201, { ...showToken(token), token: text });
    }),

    revokeToken: serve(
      routes.revokeToken,
      async ({
        input: {
          params: { id },
        },
        manager,
      }) => {
        const at = clock.now();
        const audit = { at, manager: manager.name, action: "revoke-token", detail: { id } };
        const { held } = await store.commit("revoke-token", { id, at, audit });
        if (held) {
          bus.publish(subjects.revoked, { authority: { type: "token", id } });
          return give(204, undefined);
        }
        return refuse("unknown-token", `no token has the id ${id}: GET /api/v1/tokens lists those there are`);
      },
    ),
  };
}
