import { Authenticator } from "@heliograph/agent/node";
import { envelopeText, informText, valuesText } from "../envelopes.ts";
import type { Attacker, Victim } from "./attacker.ts";
import type { HostileCase } from "./hostile-case.ts";
import { post } from "./raw-peer.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const inform = informText({ serial: "soap" });

/** An Inform with this in the place of its parameters. */
function informWith(parameters: string): string {
  return inform.replace("<ParameterList></ParameterList>", `<ParameterList>${parameters}</ParameterList>`);
}

function parameter(name: string, value: string): string {
  return `<ParameterValueStruct><Name>${name}</Name><Value>${value}</Value></ParameterValueStruct>`;
}

/** Ten entities, each ten times the one before: a thousand million laughs, if anybody laughed. */
export const LAUGHS = Array.from({ length: 10 }, (_, level) => {
  const laugh = level === 0 ? "ha" : `&l${level - 1};`.repeat(10);
  return `<!ENTITY l${level} "${laugh}">`;
}).join("");

const bodies: readonly (readonly [name: string, body: () => string, expected: string | RegExp])[] = [
  [
    "an entity bomb",
    () => `<!DOCTYPE a [${LAUGHS}]>${informText({ serial: "&l9;" })}`,
    "400 with fault 8003",
  ],
  [
    "an entity that names a file",
    () => `<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>${informText({ serial: "&f;" })}`,
    "400 with fault 8003",
  ],
  [
    "a document type of 400 KB",
    () => `<!DOCTYPE a [${"<!ENTITY x 'y'>".repeat(27_000)}]>${inform}`,
    "400 with fault 8003",
  ],
  [
    "elements nested 100,000 deep",
    () => `${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}`,
    "413 with fault 8004, closed",
  ],
  ["elements nested 60,000 deep", () => "<a>".repeat(60_000), "413 with fault 8004"],
  [
    "an Inform nested 50,000 deep",
    () => informWith("<a>".repeat(25_000) + "</a>".repeat(25_000)),
    "413 with fault 8004",
  ],
  [
    "an element with 50,000 attributes",
    () => `<a ${Array.from({ length: 50_000 }, (_, at) => `a${at}=""`).join(" ")}/>`,
    "413 with fault 8004",
  ],
  [
    "10,000 namespaces",
    () => `<a ${Array.from({ length: 10_000 }, (_, at) => `xmlns:n${at}="urn:${at}"`).join(" ")}/>`,
    "413 with fault 8004",
  ],
  ["120,000 empty elements", () => informWith("<a/>".repeat(120_000)), "413 with fault 8004"],
  [
    "a text of 10 MB",
    () => informWith(parameter("Device.X", "x".repeat(10 * MIB))),
    /^(413 with fault 8004, )?closed$/,
  ],
  ["a text of 500 KB", () => informWith(parameter("Device.X", "x".repeat(500 * KIB))), "200"],
  ["a tag of 500 KB that never ends", () => `<${"a".repeat(500 * KIB)}`, "400"],
  ["an attribute of 500 KB", () => `<a b="${"x".repeat(500 * KIB)}"/>`, "400 with fault 8003"],
  ["a comment of 500 KB that never ends", () => `<!--${"-".repeat(500 * KIB)}`, "400"],
  ["50,000 comments that open each other", () => "<!--<".repeat(100_000).slice(0, 500 * KIB), "400"],
  ["CDATA of 500 KB that never ends", () => `<a><![CDATA[${"]]".repeat(250 * KIB)}`, "400"],
  ["100,000 character references", () => informWith(parameter("Device.X", "&#65;".repeat(100_000))), "200"],
  ["a character reference beyond Unicode", () => informWith(parameter("Device.X", "&#x7fffffff;")), "200"],
  ["5,000 parameters", () => informWith(parameter("Device.X", "1").repeat(5_000)), "200"],
  [
    "4,000 events",
    () => informText({ serial: "soap", events: Array<string>(4_000).fill("X 001122 Storm") }),
    "200",
  ],
  ["a serial number of 400 KB", () => informText({ serial: "x".repeat(400 * KIB) }), "200 with fault 8003"],
  ["a cwmp:ID of 400 KB", () => informText({ serial: "soap", id: "x".repeat(400 * KIB) }), "200"],
  ["a parameter named __proto__", () => informWith(parameter("__proto__.polluted", "1")), "200"],
  ["a parameter name of 100 KB", () => informWith(parameter(`Device.${"x".repeat(100 * KIB)}`, "1")), "200"],
  [
    "a parameter name of 50,000 levels",
    () => informWith(parameter(`Device.${"x.".repeat(50_000)}`, "1")),
    "200",
  ],
  [
    "a number beyond any",
    () => inform.replace("<RetryCount>0<", `<RetryCount>${"9".repeat(100_000)}<`),
    "200",
  ],
  ["NUL all over an Inform", () => inform.replaceAll(">", ">\0"), "200"],
  [
    "UTF-16 that breaks off",
    () => Buffer.from(`\uFEFF${inform}`, "utf16le").toString("latin1").slice(0, -1),
    "400",
  ],
  ["a response that nobody asked for", () => valuesText(), "400"],
  ["a method that nobody knows", () => envelopeText("<cwmp:Dance/>"), "400 with fault 8000"],
  ["two Informs in one envelope", () => inform.replace("</s:Body>", "<cwmp:Inform/></s:Body>"), "200"],
];

const SET_RESPONSE = envelopeText(
  "<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>",
);

/** An Inform as its device sends it once it was challenged, with all that proves who it is. */
async function authenticated(attacker: Attacker, { serial, login }: Victim): Promise<Buffer> {
  const inform = informText({ serial });
  const challenged = await attacker.peer();
  await challenged.write(post(inform));
  await challenged.replies(1);
  const authenticator = new Authenticator({ credentials: login, allowBasic: false });
  authenticator.challenged(
    [...challenged.text.matchAll(/^WWW-Authenticate: (.*?)\r$/gim)].map(([, it]) => it).join(", "),
  );
  return post(inform, [`Authorization: ${authenticator.authorization({ method: "POST", uri: "/" }) ?? ""}`]);
}

const replays: readonly HostileCase[] = [
  {
    name: "an answer with the cookie of a session that is over",
    async attack(attacker) {
      const device = await attacker.peer();
      await device.write(post(informText({ serial: "replayed" })));
      await device.replies(1);
      const cookie = `Cookie: ${/^Set-Cookie: (session=\w+)/m.exec(device.text)?.[1] ?? ""}`;
      await device.write(post("", [cookie]));
      await device.replies(2);
      await device.write(post(SET_RESPONSE, [cookie]));
      await device.replies(3);
      return `${device.statuses.join(", ")}, then ${await attacker.posted(valuesText(), [cookie])}`;
    },
    expected: "200, 204, 204, then 204",
  },
  {
    name: "1,000 guessed cookies",
    async attack(attacker) {
      const peer = await attacker.peer();
      const guesses = Array.from({ length: 1_000 }, (_, at) =>
        post(valuesText(), [`Cookie: session=${at.toString(16).padStart(32, "0")}`]),
      );
      await peer.write(Buffer.concat(guesses));
      return peer.outcome(1_000);
    },
    expected: "1000 times 400",
  },
  {
    name: "an authenticated Inform, sent once more by somebody else",
    async attack(attacker) {
      const recorded = await authenticated(attacker, await attacker.victim());
      return `${await attacker.sent(recorded)}, then ${await attacker.sent(recorded)}`;
    },
    expected: "200, then 401",
  },
  {
    name: "the proof of one device in the Inform of another",
    async attack(attacker) {
      const [one, other] = [await attacker.victim(), await attacker.victim()];
      const recorded = await authenticated(attacker, one);
      return attacker.sent(recorded.toString("latin1").replace(`>${one.serial}<`, `>${other.serial}<`));
    },
    expected: "401",
  },
];

/** What XML and CWMP can be made to say, and what was said before. */
export const soapCases: readonly HostileCase[] = [
  ...bodies.map(([name, body, expected]) => ({
    name,
    attack: (attacker: Attacker) => attacker.posted(body()),
    expected,
  })),
  ...replays,
];
