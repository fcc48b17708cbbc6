/** One element of a document that was read. */
export interface XmlElement {
  /** As written, prefix included. */
  readonly name: string;
  readonly prefix: string;
  readonly local: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The character data directly inside, put together; references resolved. */
  readonly text: string;
  readonly scope: NamespaceScope;
}

export interface XmlAttribute {
  readonly name: string;
  readonly prefix: string;
  readonly local: string;
  readonly value: string;
}

/** The namespace declarations in force: those of an element itself, then those around it. */
export interface NamespaceScope {
  readonly declared: ReadonlyMap<string, string>;
  readonly outer: NamespaceScope | undefined;
}

/** The URI a prefix stands for, `""` being the default namespace; undefined where nothing declares it. */
export function namespaceOf(scope: NamespaceScope, prefix: string): string | undefined {
  for (let inner: NamespaceScope | undefined = scope; inner !== undefined; inner = inner.outer) {
    const uri = inner.declared.get(prefix);
    if (uri !== undefined) return uri;
  }
  return undefined;
}

/** The first child of that local name, whatever its prefix. */
export function childOf(element: XmlElement, local: string): XmlElement | undefined {
  for (const child of element.children) {
    if (child.local === local) return child;
  }
  return undefined;
}

/** The value of the first attribute of that local name, whatever its prefix. */
export function attributeOf(element: XmlElement, local: string): string | undefined {
  for (const attribute of element.attributes) {
    if (attribute.local === local) return attribute.value;
  }
  return undefined;
}

/** A qualified name without its prefix. */
export function localPart(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1).trim();
}
