/* Every sentence of the prompt form, in each language that it speaks. */
import { ACCOUNT_CHINESE, ACCOUNT_ENGLISH } from "../shared/account";
import { bestLanguage } from "../shared/words";

const ENGLISH = {
  lang: "en",
  title: "New picture",
  ...ACCOUNT_ENGLISH,
  // fields
  prompt: "Prompt",
  promptExample: "A red fox in fresh snow, soft morning light",
  promptKeys: "{key} sends · ↑ ↓ earlier prompts",
  negative: "Leave out",
  negativeHint: "What the picture should not show",
  model: "Model",
  modelOther: "Another code…",
  modelCode: "Model code",
  modelUnknown: "Not a code that is known here: it is sent as it is.",
  and: " and ",
  generations: "generate",
  edits: "edit",
  inpaint: "repaint",
  size: "Size",
  sizeText: "Pixels or ratio",
  sizeAuto: "Auto",
  sizeNone: "The service decides: a square.",
  sizeSquare: "{size}, square",
  sizeWide: "{size}, wide",
  sizeTall: "{size}, tall",
  sizeRepaint: "A repaint keeps its picture's size: best left on Auto.",
  n: "Pictures",
  resolution: "Resolution",
  resolutionAuto: "By size",
  quality: "Quality",
  qualityAuto: "By model",
  low: "Low",
  medium: "Medium",
  high: "High",
  more: "More",
  webhook: "Webhook address",
  webhookHint: "The service calls it when a task has ended.",
  secret: "Webhook secret",
  secretHint: "Signs the calls. Kept nowhere: after a reload it is to be typed again.",
  extra: "Extra fields",
  extraHint: "A JSON object that is merged into the request last.",
  // pictures
  images: "Reference pictures",
  imagesHint: "None: the picture comes from the prompt alone.",
  mask: "Mask",
  maskHint: "White is repainted; as large as the picture.",
  drop: "Drop or paste here",
  choose: "Choose files",
  chooseOne: "Choose a file",
  address: "Address of a picture",
  addressAdd: "Add",
  addressWrong: "This is no http, https or data: address.",
  earlier: "Move {name} earlier",
  later: "Move {name} later",
  remove: "Remove {name}",
  number: "Picture {number}",
  byAddress: "by address",
  looking: "Looking at it…",
  sending: "On its way: {share} %",
  wrongType: "{name} is neither PNG, JPEG nor WebP.",
  wrongSize: "{name} is larger than 64 MiB.",
  wrongEmpty: "{name} is empty.",
  notTaken: "{name}: {reason}",
  added: "{name} added",
  removed: "{name} removed",
  moved: "{name} is now number {number}",
  // what a model cannot do
  cannotEdit: "{model} takes no pictures.",
  cannotRepaint: "{model} cannot repaint.",
  oneOnly: "A repaint takes one picture.",
  use: "Use {model}",
  needsBoth: "{model} only repaints: it needs a picture and a mask.",
  // submitting
  submitGenerations: "Generate",
  submitEdits: "Edit",
  submitInpaint: "Repaint",
  free: "A preview, free",
  cost: "Costs {credits} credits",
  costSome: "Costs credits",
  waiting: "Waiting for the notebook, which may be running a cell…",
  waitingUnkept:
    "Waiting for the notebook. Do not reload the page: this browser lets it keep nothing, and it would forget that this was sent.",
  sentWaiting:
    "was sent, and waits for the notebook’s answer. Nothing more is sent without a click; {button} sends it under the same id: nothing is paid twice.",
  sentOther: "was sent, and the notebook has not answered. Nothing more is sent without a click.",
  sentBefore: "This was sent before the page was reloaded: it is in the list.",
  sentAlready:
    "Not sent again: the notebook has it already (in the list, or in lumen.history()). To pay for another one, press {button} once more.",
  putBack: "Put it back into the form",
  forget: "Forget it",
  offline: "The page has lost the notebook's server. Submit once it is back.",
  gone: "The kernel that this form belongs to is gone: nothing was sent. Run the cell again for a new form; what you typed can be copied from here.",
  closed:
    "This form was closed by code: nothing was sent. What you typed can be copied from here into a new one.",
  unanswered:
    "The kernel that this form belongs to is gone, and it is not known whether your last submit was sent. Run the cell again: the new form shows it, and pays for it once. lumen.resume() takes up what was sent.",
  notSent: "Not sent. Look at: {fields}.",
  reloaded:
    "The page was reloaded: new pictures appear in the list. Run the form's cell again to have them below it.",
};

export type Words = typeof ENGLISH;

const CHINESE: Words = {
  lang: "zh",
  title: "新图片",
  ...ACCOUNT_CHINESE,
  prompt: "提示词",
  promptExample: "新雪中的红狐，柔和的晨光",
  promptKeys: "{key} 发送 · ↑ ↓ 之前的提示词",
  negative: "不要出现",
  negativeHint: "图片中不应出现的内容",
  model: "模型",
  modelOther: "其他代码…",
  modelCode: "模型代码",
  modelUnknown: "此处不认识这个代码，将原样发送。",
  and: "、",
  generations: "生成",
  edits: "编辑",
  inpaint: "重绘",
  size: "尺寸",
  sizeText: "像素或比例",
  sizeAuto: "自动",
  sizeNone: "由服务决定：正方形。",
  sizeSquare: "{size}，正方形",
  sizeWide: "{size}，横向",
  sizeTall: "{size}，纵向",
  sizeRepaint: "重绘保持原图尺寸，建议保持“自动”。",
  n: "张数",
  resolution: "分辨率",
  resolutionAuto: "随尺寸",
  quality: "质量",
  qualityAuto: "随模型",
  low: "低",
  medium: "中",
  high: "高",
  more: "更多",
  webhook: "Webhook 地址",
  webhookHint: "任务结束时服务会调用它。",
  secret: "Webhook 密钥",
  secretHint: "用于对调用签名。不会保存，刷新页面后需重新输入。",
  extra: "附加字段",
  extraHint: "一个 JSON 对象，最后合并进请求。",
  images: "参考图片",
  imagesHint: "不添加时，仅根据提示词出图。",
  mask: "遮罩",
  maskHint: "白色部分会被重绘；须与图片同样大小。",
  drop: "拖放或粘贴到这里",
  choose: "选择文件",
  chooseOne: "选择文件",
  address: "图片网址",
  addressAdd: "添加",
  addressWrong: "这不是 http、https 或 data: 网址。",
  earlier: "将 {name} 前移",
  later: "将 {name} 后移",
  remove: "移除 {name}",
  number: "图片 {number}",
  byAddress: "来自网址",
  looking: "正在查看…",
  sending: "正在传送：{share} %",
  wrongType: "{name} 不是 PNG、JPEG 或 WebP。",
  wrongSize: "{name} 超过 64 MiB。",
  wrongEmpty: "{name} 是空文件。",
  notTaken: "{name}：{reason}",
  added: "已添加 {name}",
  removed: "已移除 {name}",
  moved: "{name} 现在是第 {number} 张",
  cannotEdit: "{model} 不接受图片。",
  cannotRepaint: "{model} 不能重绘。",
  oneOnly: "重绘只需要一张图片。",
  use: "改用 {model}",
  needsBoth: "{model} 只能重绘：需要一张图片和一个遮罩。",
  submitGenerations: "生成",
  submitEdits: "编辑",
  submitInpaint: "重绘",
  free: "预览，免费",
  cost: "消耗 {credits} 积分",
  costSome: "消耗积分",
  waiting: "正在等待笔记本，它可能正在运行单元格…",
  waitingUnkept:
    "正在等待笔记本。请不要刷新页面：此浏览器不允许页面保存数据，刷新后会忘记已发送的请求。",
  sentWaiting:
    "已发送，正在等待笔记本回应。不点击就不会再发送任何内容；再次点击“{button}”会使用同一编号，不会重复付费。",
  sentOther: "已发送，笔记本尚未回应。不点击就不会再发送任何内容。",
  sentBefore: "刷新页面之前已发送：请看列表。",
  sentAlready:
    "没有再次发送：笔记本已收到（见列表或 lumen.history()）。如需另付一次，请再点一次“{button}”。",
  putBack: "填回表单",
  forget: "忽略",
  offline: "页面与笔记本服务器的连接已断开。恢复连接后再提交。",
  gone: "此表单所属的内核已不在：未发送任何内容。请重新运行单元格以新建表单；你输入的内容可以从此处复制。",
  closed: "此表单已被代码关闭：未发送任何内容。你输入的内容可以从此处复制到新表单。",
  unanswered:
    "此表单所属的内核已不在，不知道上一次提交是否已发送。请重新运行单元格：新表单会显示它，且只付费一次。lumen.resume() 可接续已发送的任务。",
  notSent: "未发送。请检查：{fields}。",
  reloaded: "页面已刷新：新图片会出现在列表中。重新运行表单所在的单元格，图片就会显示在其下方。",
};

/** The form's words in the best language for `language`, a BCP 47 tag such as "zh-TW". */
export function wordsFor(language: string): Words {
  return bestLanguage(language, { en: ENGLISH, zh: CHINESE });
}

/** What each field accepts: the kernel's errors are in English. */
const CHINESE_ERRORS: Record<string, string> = {
  prompt: "请填写提示词，说明图片要表现什么。",
  model: "请填写模型代码，并选择能完成此操作的模型。",
  n: "请选择 1 到 4 张。",
  size: "请写成 1024x1024（边长 16 到 16384 像素）或 16:9（最多 20:1）。",
  resolution: "请选择 1K、2K 或 4K。",
  webhook_url: "请填写 http 或 https 网址，并同时填写密钥。",
  webhook_secret: "请填写密钥，服务用它对调用签名。",
  extra: '请写成 JSON 对象：{"字段": 值}。',
  images: "请检查图片。",
  mask: "请检查遮罩。",
};

/** Translations of the kernel's errors about the form's pictures. */
const CHINESE_MESSAGES: Record<string, string> = {
  "A repaint takes one picture. Remove the others.": "重绘只需要一张图片，请移除其余的。",
  "There is no picture to repaint. Add one.": "还没有要重绘的图片，请添加一张。",
  "There is no mask. Add one: what is white in it is repainted.":
    "还没有遮罩，请添加：其中白色的部分会被重绘。",
  "A form takes 16 pictures at most.": "一个表单最多 16 张图片。",
};

/** An error in the language of `words`; those of pictures keep the kernel's details in brackets. */
export function errorWords(field: string, message: string, words: Words): string {
  if (words !== CHINESE) return message;
  const chinese = CHINESE_MESSAGES[message] ?? CHINESE_ERRORS[field];
  if (chinese === undefined) return message;
  if (message in CHINESE_MESSAGES) return chinese;
  return field === "images" || field === "mask" ? `${chinese}（${message}）` : chinese;
}
