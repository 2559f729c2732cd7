/* A form's model as the kernel would make it, for tests to vary. */
import type { PromptFormModel } from "../../prompt_form/messages";
import { FakeModel } from "../shared/fake_model";

export type FakeForm = FakeModel<PromptFormModel & Record<string, unknown>>;

export function formModel(changes: Partial<PromptFormModel> = {}): FakeForm {
  return new FakeModel<PromptFormModel & Record<string, unknown>>({
    prompt: "",
    negative_prompt: null,
    model: "gpt-image-2-low",
    n: null,
    size: null,
    resolution: null,
    quality: null,
    webhook_url: null,
    exact: true,
    crop: null,
    left: 0,
    top: 0,
    right: 0,
    bottom: 0,
    _static_id: "",
    language: "en",
    static: true,
    panel: null,
    painter: null,
    gallery: null,
    compare: null,
    _extra_text: "",
    _host: "",
    _models: [
      { code: "gpt-image-2-low", can: ["edits", "generations"] },
      { code: "fal-flux-pro-fill", can: ["inpaint"] },
    ],
    _prices: { "gpt-image-2-low": 0.1 },
    _budget: {},
    _sent: 0,
    _below: true,
    _form: "form-1",
    _notebook: "notebook-1",
    ...changes,
  });
}

export const PICTURE = {
  key: "1",
  name: "fox.png",
  width: 96,
  height: 64,
  thumbnail: "data:image/png;base64,AA==",
  error: "",
  coverage: null,
  ours: "",
};
