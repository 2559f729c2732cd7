/* What the form says of the pictures that it made, of settings that come back, and of presets. */
import { LARGE_CHINESE, LARGE_ENGLISH } from "../shared/large_words";
import { PICTURE_ACTIONS_CHINESE, PICTURE_ACTIONS_ENGLISH } from "../shared/picture_actions";

export const STRIP_ENGLISH = {
  ...LARGE_ENGLISH,
  ...PICTURE_ACTIONS_ENGLISH,
  // the strip
  results: "Made with this form",
  resultsMore: "The newest {shown} of {total}; the gallery has all.",
  resultFacts: "{width} × {height} · {model}",
  resultLarge: "Enlarge",
  resultSmall: "Close",
  resultWaiting: "The pictures wait for the notebook, which may be running a cell…",
  resultGone: "{name}: {reason}",
  // settings that come back
  recallOffer: "Bring back the settings of “{name}”",
  recallNow: "now",
  recallThen: "then",
  recallNothing: "nothing",
  recallBring: "Bring back",
  recallLeave: "Leave as it is",
  recallSame: "The form has these settings already.",
  recallNone: "These settings cannot come back.",
  recallDone: "Brought back from “{name}”: {fields}.",
  recallUndone: "Taken back: {fields}.",
  recallUndo: "Undo",
  recallRedo: "Bring back again",
  recallForget: "Dismiss",
  yes: "yes",
  no: "no",
  // the gallery
  fromGallery: "From the gallery…",
  galleryTitle: "Choose a picture for this form",
  galleryClose: "Close the gallery",
  actRecallOf: "{name} is one of your pictures: bring its settings back",
  // presets
  presets: "Presets",
  presetsNone:
    "A preset keeps the prompt and the choices by name, and no pictures, keys or webhooks.",
  preset: "Preset",
  presetUse: "Use",
  presetDelete: "Delete",
  presetDeleteSure: "Delete “{name}”?",
  presetName: "Name of a new preset",
  presetSave: "Save as a preset",
  presetReplaces: "Replaces the preset of that name.",
  presetSaved: "Saved as “{name}”.",
  presetDeleted: "“{name}” is deleted.",
};

export const STRIP_CHINESE: typeof STRIP_ENGLISH = {
  ...LARGE_CHINESE,
  ...PICTURE_ACTIONS_CHINESE,
  results: "此表单生成的图片",
  resultsMore: "共 {total} 张，这里是最新的 {shown} 张；全部见图库。",
  resultFacts: "{width} × {height} · {model}",
  resultLarge: "看大图",
  resultSmall: "关闭大图",
  resultWaiting: "图片正在等待笔记本，它可能正在运行单元格…",
  resultGone: "{name}：{reason}",
  recallOffer: "取回“{name}”的设置",
  recallNow: "现在",
  recallThen: "当时",
  recallNothing: "无",
  recallBring: "取回",
  recallLeave: "保持不变",
  recallSame: "表单已经是这些设置。",
  recallNone: "无法取回这些设置。",
  recallDone: "已从“{name}”取回：{fields}。",
  recallUndone: "已撤销：{fields}。",
  recallUndo: "撤销",
  recallRedo: "再次取回",
  recallForget: "关闭提示",
  yes: "是",
  no: "否",
  fromGallery: "从图库选择…",
  galleryTitle: "为此表单选择一张图片",
  galleryClose: "关闭图库",
  actRecallOf: "{name} 是你生成的图片：取回它的设置",
  presets: "预设",
  presetsNone: "预设按名称保存提示词和各项选择，不含图片、密钥和 Webhook。",
  preset: "预设",
  presetUse: "使用",
  presetDelete: "删除",
  presetDeleteSure: "删除“{name}”？",
  presetName: "新预设的名称",
  presetSave: "存为预设",
  presetReplaces: "将替换同名预设。",
  presetSaved: "已存为“{name}”。",
  presetDeleted: "已删除“{name}”。",
};

/** What cannot come back, as the kernel says it, and in Chinese; `$1` is a number. */
const CHINESE_LOST: [RegExp, string][] = [
  [
    /^(\d+) reference pictures? do(?:es)? not come back .*$/,
    "有 $1 张参考图片无法取回（以网址或像素给出、并非本机图片，或文件已不在）：请重新添加。",
  ],
  [/^The picture that was repainted does not .*$/, "被重绘的图片没有保存在这里，无法取回。"],
  [/^The mask does not come back.*$/, "遮罩没有保存在这里，无法取回。"],
  [/^The mask comes back as its painter .*$/, "遮罩取自画板现在的内容。"],
  [/^How much around the mask .*$/, "当时发送了遮罩周围多大范围没有保存：取遮罩外框的一半。"],
  [/^What was kept for this repaint .*$/, "这次重绘的记录由其他版本写入，无法读取。"],
  [/^It is not known how this picture was made.*$/, "不知道这张图片是如何生成的。"],
  [/^The request named no model .*$/, "请求中没有表单可用的模型：保留表单原有的模型。"],
  [/^What was done last is not all here\. (.*)$/, "上次的工作没有全部取回。$1"],
  [/^What was done last could not be taken up (.*)\.$/, "无法取回上次的工作 $1。"],
];

/** A sentence of the kernel's about what cannot come back, in the language of `lang`. */
export function lostWords(sentence: string, lang: string): string {
  if (lang !== "zh") return sentence;
  const found = CHINESE_LOST.find(([pattern]) => pattern.test(sentence));
  return found === undefined ? sentence : sentence.replace(found[0], found[1]);
}
