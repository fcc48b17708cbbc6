import { routes, type DeadLetter, type Webhook, type WebhookRequest } from "@heliograph/api";
import { printExpression } from "@heliograph/protocol";
import {
  MAX_WEBHOOKS,
  subjects,
  webhookId,
  type AuditEntry,
  type DeadLetter as LetterRecord,
  type Webhook as WebhookRecord,
  type WebhookId,
  type WebhookStanding,
} from "../ports/index.ts";
import { readExpression } from "./read-expression.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { present } from "./present.ts";
import { give, serve } from "./serve.ts";
import type { RestPorts } from "./settings.ts";
import { showTime } from "./show-time.ts";

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const MOST_LETTERS = 1_000;

/** Where events are sent, and what could not be. */
export function webhookHandlers(ports: RestPorts) {
  const { store, bus, clock } = ports;
  const audited = (action: string, manager: string, detail: AuditEntry["detail"]): AuditEntry => ({
    ...{ at: clock.now(), manager, action, detail },
  });
  return {
    listWebhooks: serve(routes.listWebhooks, async () => {
      const known = await store.webhooks();
      return give(200, { items: known.map(showWebhook) });
    }),

    addWebhook: serve(routes.addWebhook, ({ input: { body }, manager }) => add(ports, body, manager.name)),

    getWebhook: serve(routes.getWebhook, async ({ input: { params } }) => {
      const standing = await findWebhook(ports, params.id);
      return isRefusal(standing) ? standing : give(200, showWebhook(standing));
    }),

    removeWebhook: serve(routes.removeWebhook, async ({ input: { params }, manager }) => {
      const webhook = webhookId(params.id);
      const audit = audited("remove-webhook", manager.name, { id: params.id });
      const isThere =
        webhook !== undefined && (await store.commit("remove-webhook", { webhook, audit })).held;
      return isThere ? give(204, undefined) : unknownWebhook(params.id);
    }),

    listDeadLetters: serve(routes.listDeadLetters, async ({ input: { params } }) => {
      const standing = await findWebhook(ports, params.id);
      if (isRefusal(standing)) return standing;
      const letters = await store.deadLetters({ webhook: standing.webhook.id, limit: MOST_LETTERS });
      return give(200, { items: letters.map(showLetter) });
    }),

    resendLetters: serve(routes.resendLetters, async ({ input: { params, body }, manager }) => {
      const standing = await findWebhook(ports, params.id);
      if (isRefusal(standing)) return standing;
      const { id } = standing.webhook;
      const audit = audited("resend-letters", manager.name, { id, ...body });
      const { held } = await store.commit("resend-letters", { webhook: id, ...body, audit });
      if (!held) return refuse("no-dead-letter", "there is none: GET its dead-letters lists those there are");
      bus.publish(subjects.configChanged, { what: "webhooks" });
      return give(202, showWebhook(standing));
    }),
  };
}

async function add(ports: RestPorts, body: WebhookRequest, manager: string) {
  const { store, bus, clock, random, webhookSecrets } = ports;
  const url = readUrl(body);
  if (isRefusal(url)) return url;
  const narrowed = readNarrowed(body);
  if (isRefusal(narrowed)) return narrowed;
  const id = newId(random.hex(ID_BYTES));
  const { events = [], secret = random.hex(SECRET_BYTES) } = body;
  const at = clock.now();
  const meant = { events, ...narrowed };
  const sealed = { secret: webhookSecrets.seal(secret), manager, createdAt: at };
  const audit = { at, manager, action: "add-webhook", detail: { id, host: url.host, ...meant } };
  const webhook = { id, url: url.href, ...meant, ...sealed };
  const { held } = await store.commit("add-webhook", { webhook, audit });
  if (!held) return tooMany();
  bus.publish(subjects.configChanged, { what: "webhooks" });
  const standing = await store.webhook(id);
  return standing === undefined ? unknownWebhook(id) : give(201, { ...showWebhook(standing), secret });
}

function showWebhook({ webhook, position, failing, deadLetters }: WebhookStanding): Webhook {
  const { id, url, events, where, states, manager, createdAt } = webhook;
  return present({
    ...{ id, url, events, where, states, manager, position, deadLetters },
    created: showTime(createdAt),
    failing: failing && {
      since: showTime(failing.since),
      attempts: failing.attempts,
      next: showTime(failing.nextAt),
      reason: failing.reason,
    },
  });
}

function showLetter({ first, last, at, reason, again }: LetterRecord): DeadLetter {
  return { first, last, at: showTime(at), reason, again };
}

/** Of which devices, and of which ends of operations. */
function readNarrowed({ where, states }: WebhookRequest): Pick<WebhookRecord, "where" | "states"> | Refusal {
  const expression = where === undefined ? undefined : readExpression(where, "$.where");
  if (expression !== undefined && isRefusal(expression)) return expression;
  return {
    ...(expression === undefined ? {} : { where: printExpression(expression) }),
    ...(states === undefined ? {} : { states }),
  };
}

/** What can be said of it without asking anybody; where it leads is looked at each time that something is sent. */
function readUrl({ url: text }: WebhookRequest): URL | Refusal {
  const url = URL.parse(text);
  const refused = (detail: string): Refusal => refuseInput("invalid-request", [{ at: "$.url", detail }]);
  if (url === null) return refused("is not a URL");
  if (url.username !== "" || url.password !== "")
    return refused("holds a name or a password: letters are signed");
  if (url.protocol === "https:") return url;
  if (url.protocol === "http:" && LOOPBACK.test(url.hostname)) return url;
  return refused("must be https; http is for loopback alone");
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function newId(hex: string): WebhookId {
  const id = webhookId(hex);
  if (id === undefined) throw new Error("the random port gave no 16 hexadecimal digits");
  return id;
}

async function findWebhook({ store }: RestPorts, text: string): Promise<WebhookStanding | Refusal> {
  const id = webhookId(text);
  const standing = id === undefined ? undefined : await store.webhook(id);
  return standing ?? unknownWebhook(text);
}

function unknownWebhook(id: string): Refusal {
  return refuse("unknown-webhook", `there is no webhook ${id}: GET /api/v1/webhooks lists those there are`);
}

function tooMany(): Refusal {
  return refuse("too-many-webhooks", `there are ${MAX_WEBHOOKS} webhooks: remove one that nobody needs`);
}
