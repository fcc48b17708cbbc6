import { isFields, isList, member, type Fields, type Json } from "../json.ts";
import { elementsIn, textIn } from "../speech/xml.ts";
import type { Call } from "../speech/speech.ts";
import type { Login } from "./digest.ts";

export type Outcome = { readonly result: Fields } | { readonly fault: number };

/** What the device that the kit plays answers: it takes every value, and has no other RPC than these. */
export function outcomeOf({ method, text, params }: Call): Outcome {
  if (method === "SetParameterValues") return { result: { Status: 0 } };
  if (method === "GetRPCMethods") {
    return { result: { MethodList: ["GetRPCMethods", "SetParameterValues", "GetParameterValues"] } };
  }
  if (method !== "GetParameterValues") return { fault: 9000 };
  const asked = member(params, "ParameterNames");
  const names = Array.isArray(asked) ? asked.map(String) : elementsIn(text, "string");
  if (member(params, "Shape") === "values") return { result: { Values: names.map(() => "kit") } };
  return { result: { ParameterList: valuesOf(names) } };
}

function valuesOf(names: readonly string[]): Fields {
  const paths = names.map((name) => (name === "" || name.endsWith(".") ? `${name || "Device."}Text` : name));
  const groups = Map.groupBy(paths, (path) => path.slice(0, path.lastIndexOf(".") + 1));
  return Object.fromEntries(
    [...groups].map(([object, all]) => [
      object,
      Object.fromEntries(all.map((path) => [path.slice(object.length), "kit"])),
    ]),
  );
}

/** The login that a SetParameterValues gives the device, if any: what the ACS has set counts from then on. */
export function loginIn({ method, params }: Call): Partial<Login> {
  if (method !== "SetParameterValues") return {};
  const values = typeof params === "string" ? structsIn(params) : groupsIn(member(params, "ParameterList"));
  const [user, password] = ["Username", "Password"].map((leaf) =>
    values.find(([path]) => path.endsWith(`.ManagementServer.${leaf}`)),
  );
  return {
    ...(user === undefined ? {} : { user: user[1] }),
    ...(password === undefined ? {} : { password: password[1] }),
  };
}

type Pair = readonly [path: string, text: string];

function structsIn(text: string): readonly Pair[] {
  return elementsIn(text, "ParameterValueStruct").map((inside): Pair => [
    textIn(inside, "Name") ?? "",
    textIn(inside, "Value") ?? "",
  ]);
}

function groupsIn(list: Json | undefined): readonly Pair[] {
  if (!isFields(list)) return [];
  return Object.entries(list).flatMap(([object, leaves]) =>
    isFields(leaves)
      ? Object.entries(leaves).map(([leaf, value]): Pair => [
          object + leaf,
          textOf(isList(value) ? value[0] : value),
        ])
      : [],
  );
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? "");
}
