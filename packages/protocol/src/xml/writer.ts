import { dropIllegal } from "./characters.ts";

const SPECIAL = /[&<>"\r]/;
const SPECIALS = /[&<>"\r]/g;

/** Text fit for an element's content and for an attribute in double quotes; characters XML cannot write are dropped. */
export function escapeXml(text: string): string {
  const legal = dropIllegal(text);
  return SPECIAL.test(legal) ? legal.replaceAll(SPECIALS, reference) : legal;
}

/** A line feed or tab in an attribute would read back as a space [XML 1.0 3.3.3]. */
export function escapeAttribute(text: string): string {
  return escapeXml(text).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

/** An element with text inside. The name and the attributes are written as given. */
export function textElement(name: string, text: string, attributes = ""): string {
  return `<${name}${attributes}>${escapeXml(text)}</${name}>`;
}

/** An element around markup that is already written. */
export function wrapElement(name: string, content: string, attributes = ""): string {
  return content === "" ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

function reference(character: string): string {
  switch (character) {
    case "&":
      return "&amp;";
    case "<":
      return "&lt;";
    case ">":
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return "&#13;";
  }
}
