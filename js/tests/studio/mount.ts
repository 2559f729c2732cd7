/* A Studio shown in a page, as anywidget would, around a form that the test works. */
import type { Experimental, Host } from "@anywidget/types";
import type { FormExports, FormPlaces, LentPart } from "../../shared/form_exports";
import widget from "../../studio/index";
import type { StudioModel } from "../../studio/messages";
import { FakeModel } from "../shared/fake_model";

const NOTHING_SPENT = {
  spent: 0,
  left: null,
  tasks: 0,
  tasks_left: null,
  unpriced: 0,
  unknown: 0,
  refunded: 0,
};

export interface FakeForm {
  places: FormPlaces;
  focused: string[];
  galleries: number;
  /** Fills a part, as the form does once it has something to show there. */
  open(part: LentPart, isOpen?: boolean): void;
}

/** Shows a Studio; `first` is what its form has to show from the beginning. */
export async function mount(
  traits: Partial<StudioModel> = {},
  first: LentPart[] = ["tasks"],
  width = 1200,
) {
  const fake = new FakeModel<StudioModel & Record<string, unknown>>({
    form: "anywidget:form",
    _static_id: "",
    language: "en",
    _host: "",
    _spending: NOTHING_SPENT,
    _studio: "studio",
    ...traits,
  });
  // no layout here: as wide as the test says
  Object.defineProperty(HTMLElement.prototype, "clientWidth", {
    configurable: true,
    get: () => width,
  });
  const form: FakeForm = {
    places: undefined as unknown as FormPlaces,
    focused: [],
    galleries: 0,
    open: (part, isOpen = true) => {
      form.places.elements[part].replaceChildren(...(isOpen ? [inside(part)] : []));
      form.places.opened(part, isOpen);
    },
  };
  const exports: FormExports = {
    lend: (_, places) => {
      form.places = places;
    },
    focus: (_, part) => {
      form.focused.push(part);
      if (part === "form") el.querySelector("textarea")?.focus();
      return part !== "tasks";
    },
    openGallery: () => {
      form.galleries += 1;
    },
  };
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  const host = {
    getWidget: async (ref: string) => {
      if (ref === "anywidget:lost") throw new Error("no such model");
      return {
        exports,
        render: async ({ el: root }: { el: HTMLElement }) => {
          root.append(document.createElement("textarea"));
          for (const part of first) form.open(part);
        },
      };
    },
  } as unknown as Host;
  const [life, viewing] = [new AbortController(), new AbortController()];
  const experimental = {} as Experimental;
  const model = fake.model as never;
  const definition = typeof widget === "function" ? await widget() : widget;
  await definition.initialize?.({ model, signal: life.signal, experimental });
  await definition.render?.({ model, el, signal: viewing.signal, host, experimental });
  await settled();
  const tabs = () =>
    [...el.querySelectorAll<HTMLElement>("[role=tab]")].filter((tab) => !tab.hidden);
  const tab = (label: string) => tabs().find((one) => one.firstChild?.textContent === label);
  const selected = () =>
    tabs()
      .filter((one) => one.getAttribute("aria-selected") === "true")
      .map((one) => one.firstChild?.textContent);
  const inView = () =>
    [...el.querySelectorAll<HTMLElement>("[data-part]")]
      .filter((one) => !one.hidden)
      .map((one) => one.dataset.part);
  const press = (target: Element | null | undefined, key: string, held: KeyboardEventInit = {}) =>
    target?.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...held }),
    );
  return { fake, form, el, life, viewing, tabs, tab, selected, inView, press };
}

/** Something in a part that can have the focus. */
function inside(part: string): HTMLElement {
  const made = document.createElement("button");
  made.className = `in-${part}`;
  return made;
}

export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}
