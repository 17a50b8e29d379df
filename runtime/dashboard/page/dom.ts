/** A new element with its classes and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  classes = '',
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (classes !== '') made.className = classes;
  made.append(...children);
  return made;
}

/** An element of the page's own HTML. @throws when there is none: page and program do not fit. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** A text that is only written when it changes: most stay as they are, and writing costs layout. */
export class Text {
  readonly #node = document.createTextNode('');
  readonly element: HTMLElement;

  constructor(tag: 'span' | 'b' | 'p' | 'dd' | 'h2' = 'span', classes = '') {
    this.element = element(tag, classes, this.#node);
  }

  set(text: string): void {
    if (this.#node.data !== text) this.#node.data = text;
  }
}
