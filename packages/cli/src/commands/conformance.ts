import { DeviceAbsentError, rulesOfAcs, rulesOfDevice, testAcs, testDevice } from "@heliograph/conformance";
import { readFile } from "node:fs/promises";
import { CommandError, UsageError } from "../command-error.ts";
import { command } from "../command.ts";
import { conformanceFlags, endConformance, readConformance } from "../conformance-flags.ts";
import { exitCodes } from "../exit-code.ts";
import { rootMessage } from "../explain-error.ts";

export const conformance = command({
  name: "conformance",
  section: "The light transport",
  summary: "Test another ACS by the rules",
  about: [
    "The kit is a device: it Informs over HTTP, opens sockets, and says what devices say, and what none should. Each row " +
      "is one rule of the register. A fail says what was sent, what should have come, and what came.",
    "A rule that takes calls of the ACS is looked at where it calls this device in the course of the run.",
  ],
  arguments: [],
  flags: [
    { name: "url", value: "url", help: "of the ACS; or with --token of its socket, ws:// or wss://" },
    { name: "user", value: "name", help: "what the device logs in with" },
    { name: "password", value: "password", help: "else HELIOGRAPH_DEVICE_PASSWORD" },
    { name: "token", value: "token", help: "opens the socket without an Inform" },
    { name: "oui", value: "OUI", default: "5A5A5A", help: "of the device" },
    { name: "product-class", value: "name", default: "ConformanceKit", help: "of the device" },
    { name: "serial", value: "number", help: "of the device; else a new one" },
    { name: "ca", value: "file.pem", help: "certificate authorities in place of the usual ones" },
    { name: "insecure-tls", help: "takes any certificate" },
    ...conformanceFlags,
  ],
  examples: [
    { line: "conformance --url http://127.0.0.1:7547/", shows: "an ACS on this machine, in tokens" },
    {
      line: "conformance --url https://acs.example:7548/ --subprotocol v12.stomp",
      shows: "another one, in STOMP",
    },
  ],
  async run(given, terminal) {
    const [url, ca, token] = [given.text("url"), given.text("ca"), given.text("token")];
    if (url === undefined || !/^(https?|wss?):\/\//.test(url))
      throw new UsageError("--url must be that of an ACS, such as --url http://127.0.0.1:7547/");
    if (url.startsWith("ws") && token === undefined)
      throw new UsageError(
        "--url of a socket goes with --token; without one it is that of the ACS, http(s)://",
      );
    const { subprotocol, patienceMs, options } = readConformance(given, terminal, rulesOfAcs);
    const user = given.text("user");
    const password = given.text("password") ?? terminal.environment["HELIOGRAPH_DEVICE_PASSWORD"] ?? "";
    const serialNumber = given.text("serial") ?? `KIT-${terminal.now().toString(36)}`;
    const target = {
      ...{ url, subprotocol, patienceMs },
      device: { oui: given.one("oui"), productClass: given.one("product-class"), serialNumber },
      trust: {
        isInsecure: given.isOn("insecure-tls"),
        ...(ca === undefined ? {} : { ca: await readAuthorities(ca) }),
      },
      ...(user === undefined ? {} : { login: { user, password } }),
      ...(token === undefined ? {} : { token }),
    };
    using interruption = terminal.interruption();
    const rows = await testAcs(target, { ...options, signal: interruption.signal });
    return endConformance(rows, { terminal, isJson: given.isOn("json") });
  },
});

export const conformanceDevice = command({
  name: "conformance device",
  section: "The light transport",
  summary: "Test a device by the rules",
  about: [
    "The kit is an ACS over plain HTTP, for one device: it answers the Inform with a reference, takes the socket and calls " +
      "RPCs. Without --destructive it changes nothing on the device.",
  ],
  arguments: [],
  flags: [
    {
      name: "listen",
      value: "host:port",
      default: "127.0.0.1:7547",
      help: "where the device is to find its ACS",
    },
    {
      name: "wait",
      value: "seconds",
      default: "60",
      help: "how long its Inform, and each connection, is waited for",
    },
    ...conformanceFlags,
  ],
  examples: [
    { line: "conformance device", shows: "a device on this machine, in tokens" },
    {
      line: "conformance device --listen 192.0.2.10:7547 --slow",
      shows: "one on the network, with what takes long",
    },
  ],
  async run(given, terminal) {
    const [, host = "", port = ""] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(given.one("listen")) ?? [];
    if (host === "") throw new UsageError("--listen must be host:port, such as --listen 127.0.0.1:7547");
    const { subprotocol, patienceMs, options } = readConformance(given, terminal, rulesOfDevice);
    const target = {
      listen: { host, port: Number(port) },
      ...{ subprotocol, patienceMs },
      connectMs: (given.number("wait") ?? 0) * 1_000,
      onListening: (url: string) => terminal.err(`waiting for a device whose ACS is ${url}`),
    };
    using interruption = terminal.interruption();
    const rows = await testDevice(target, { ...options, signal: interruption.signal }).catch(
      (error: unknown) => {
        throw new CommandError(
          rootMessage(error),
          error instanceof DeviceAbsentError ? exitCodes.unreachable : exitCodes.refused,
        );
      },
    );
    return endConformance(rows, { terminal, isJson: given.isOn("json") });
  },
});

async function readAuthorities(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`--ca ${file} cannot be read: ${rootMessage(error)}`);
  }
}
