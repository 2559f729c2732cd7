/* A form shown in a page, as anywidget would. */
import type { Experimental, Host } from "@anywidget/types";
import widget from "../../prompt_form/index";
import type { PainterExports } from "../../shared/painter_exports";
import { type FakeForm, formModel } from "./fake_form";

/** A painter on which nobody paints. */
const UNUSED: PainterExports = {
  painting: () => "p",
  onStep: () => {},
  onSides: () => {},
  setSides: () => {},
  focus: (el) => (el.firstElementChild as HTMLElement).focus(),
};

export async function mount(
  fake: FakeForm = formModel(),
  bundle = widget,
  painter: PainterExports = UNUSED,
) {
  const [life, viewing] = [new AbortController(), new AbortController()];
  const ending = {
    abort: () => {
      viewing.abort();
      life.abort();
    },
  };
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  const experimental = {} as Experimental;
  const host = {
    getWidget: async (ref: string) => ({
      exports: painter,
      render: async ({ el: slot }: { el: HTMLElement }) => {
        slot.append(ref === "anywidget:painter" ? "the painter" : "the panel");
        slot.tabIndex = 0;
      },
    }),
  } as unknown as Host;
  const model = fake.model as never;
  const definition = typeof bundle === "function" ? await bundle() : bundle;
  await definition.initialize?.({ model, signal: life.signal, experimental });
  await definition.render?.({ model, el, signal: viewing.signal, host, experimental });
  const find = <T extends HTMLElement>(selector: string) => el.querySelector<T>(selector) as T;
  const kinds = () => fake.sent.map((message) => (message as { kind: string }).kind);
  const submits = () => kinds().filter((kind) => kind === "submit").length;
  return { fake, el, find, kinds, submits, ending };
}
