import { routes } from "@heliograph/api";
import { inputValidator } from "@heliograph/api/validation";
import { subjects, type ApiToken } from "../ports/index.ts";
import { tokenHash, type Authentication, type SignedIn } from "./authentication.ts";
import { present } from "./present.ts";
import { isRefusal } from "./refusal.ts";
import { give, readInput, sendRefusal, serve, type Served } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showRights } from "./show-rights.ts";
import { showOptionalTime, showTime } from "./show-time.ts";

const TOKEN_BYTES = 32;
const ID_BYTES = 8;
const SESSION_MS = 12 * 3_600_000;

/** Signing in by a password, out again, and finding out who one is. */
export function sessionHandlers(ports: NorthboundPorts, authentication: Pick<Authentication, "user">) {
  const { store, clock, bus } = ports;
  return {
    signIn: signIn(ports, authentication),

    endSession: serve(routes.endSession, async ({ manager: { name, authority } }) => {
      if (authority?.type !== "token") return give(204, undefined);
      const { id } = authority;
      const at = clock.now();
      await store.commit("revoke-token", {
        id,
        at,
        audit: { at, manager: name, action: "sign-out", detail: { id } },
      });
      bus.publish(subjects.revoked, { authority });
      return give(204, undefined);
    }),

    getMe: serve(routes.getMe, async ({ manager: { name, rights, expiresAt } }) =>
      give(200, present({ name, rights: showRights(rights), expires: showOptionalTime(expiresAt) })),
    ),
  };
}

/** Open to whoever comes: wrong passwords are counted by the address that they come from. */
function signIn(ports: NorthboundPorts, authentication: Pick<Authentication, "user">): Served {
  const route = routes.signIn;
  const validator = inputValidator(route);
  return {
    route,
    async serve(request, reply) {
      const input = readInput(validator, request);
      if (isRefusal(input)) return sendRefusal(reply, input);
      const user = await authentication.user(input.body, request.ip);
      if (isRefusal(user)) return sendRefusal(reply, user);
      return reply.code(201).send(await openSession(ports, user));
    },
  };
}

async function openSession({ store, clock, random }: NorthboundPorts, { name, role }: SignedIn) {
  const at = clock.now();
  const expiresAt = at + SESSION_MS;
  const text = `hg_${random.hex(TOKEN_BYTES)}`;
  const id = random.hex(ID_BYTES);
  const token: ApiToken = { id, name, role, user: name, hash: tokenHash(text), createdAt: at, expiresAt };
  await store.commit("add-token", {
    token,
    audit: { at, manager: name, action: "sign-in", detail: { id } },
  });
  return { token: text, expires: showTime(expiresAt), role };
}
