"""The vocabulary: every phrase that says something about a picture besides naming a thing in it."""

from __future__ import annotations

# A row begins with what is said, such as "scene forest"; the indented phrases below it say it, in
# English and in Chinese. A phrase may stand in several rows and says it all then: "cyberpunk".
# Nouns that the scene draws by itself (mountains, a window) are here and so never become subjects.
#
# The last rows say nothing about the picture: at "break" a colour or a number stops waiting for
# its noun; "ignore" has words about pictures, light, mood and doing, which are common in prompts
# and would be things only by accident.
VOCABULARY = """
scene mountain
    snow capped,
    mountain, mountain range, alps, peak, summit, hill, hillside, cliff, valley, snowy peak, 山,
    高山, 雪山, 山脉, 群山, 山水, 山谷, 远山, 山脈, 山顶, 山峰, 富士山
scene forest
    forest, woods, woodland, jungle, rainforest, 森林, 树林, 竹林, 林中, 丛林, 樹林, 林间, 雨林
scene desert
    desert, dune, sand dune, sahara, 沙漠, 沙丘, 戈壁, 大漠
scene sea
    sea, ocean, wave, bay, harbor, harbour, underwater, seascape, 海, 大海, 海洋, 海上, 海浪,
    海港, 港口, 海面
scene beach
    beach, seaside, shore, coast, seashore, tropical beach, 海边, 沙滩, 海滩, 海岸, 海邊
scene city
    cyberpunk, 赛博朋克,
    city, street, skyline, skyscraper, downtown, town, urban, city street, cyberpunk city,
    cityscape, tokyo, new york, alley, 城市, 街道, 街头, 都市, 街, 小镇, 城镇, 赛博朋克城市,
    摩天大楼, 高楼, 上海, 东京, 街上, 夜市
scene room
    room, indoor, indoors, windowsill, window sill, window, table, desk, kitchen, cafe,
    coffee shop, bedroom, living room, library, studio, shelf, interior, wooden table, 房间,
    室内, 窗台, 窗户, 窗前, 窗边, 窗, 桌子, 桌上, 桌面, 木桌, 厨房, 咖啡馆, 卧室, 客厅, 房間,
    室內, 窗台上
scene space
    space, outer space, galaxy, nebula, cosmos, universe, planet, mars, 太空, 宇宙, 银河, 星云,
    星系, 星球, 銀河, 外太空, 火星
scene meadow
    meadow, field, grassland, grass, garden, park, lawn, prairie, countryside, farm, 草地, 草原,
    花园, 公园, 田野, 草坪, 花田, 乡村, 农场, 花園, 公園, 院子
lake
    山水,
    lake, river, pond, lakeside, riverside, stream, 湖, 湖泊, 湖边, 湖面, 湖水, 河, 河流, 小河,
    池塘, 溪流, 江, 江边, 西湖, 湖畔
time day
    蓝天,
    day, daytime, noon, midday, daylight, morning, afternoon, 白天, 中午, 早晨, 早上, 下午, 清晨,
    上午, 正午, 日间
time sunset
    sunset, sunrise, dusk, dawn, golden hour, twilight, evening, 夕阳, 日落, 日出, 黄昏, 傍晚,
    黎明, 晚霞, 朝霞, 夕陽, 黃昏, 暮色
time night
    cyberpunk, 赛博朋克, cyberpunk city, 赛博朋克城市, 夜市, 雨夜,
    night, nighttime, night time, midnight, moon, moonlight, moonlit, full moon, star filled sky,
    stars, starry, starry night, starry sky, night sky, neon, neon light, at night, 夜, 夜晚,
    晚上, 月亮, 月光, 月夜, 星空, 夜空, 霓虹, 深夜, 夜景, 明月, 午夜, 繁星, 月, 霓虹灯, 夜色,
    满月, 夜里
weather rain
    rain, rainy, raining, drizzle, storm, stormy, thunderstorm, 雨, 下雨, 雨天, 雨中, 暴雨, 细雨,
    雨夜, 暴风雨, 烟雨, 大雨
weather snow
    雪山, snowy peak,
    snow, snowy, snowing, snowfall, blizzard, winter, snow covered, snow capped, 雪, 下雪, 雪天,
    冬天, 冬季, 雪地, 大雪, 雪中, 冬日, 雪景, 暴风雪, 白雪
weather fog
    fog, foggy, mist, misty, haze, hazy, 雾, 大雾, 薄雾, 晨雾, 迷雾, 霧, 云雾, 云海
weather cloud
    cloud, cloudy, overcast, 云, 白云, 多云, 阴天, 雲, 云朵
weather clear
    starry sky, 蓝天,
    sunny, clear sky, clear weather, sunshine, sunlight, sunlit, 晴, 晴天, 阳光, 晴朗, 陽光,
    晴空
style watercolor
    watercolor, watercolour, watercolor painting, watercolour painting, aquarelle, 水彩, 水彩画,
    水彩风格, 水彩風格, 水彩畫
style oil
    oil painting, oil paint, oils, in oil, oil, impasto, van gogh, impressionist, impressionism,
    monet, 油画, 油画风格, 梵高, 莫奈, 印象派, 油畫
style ink
    ink, ink painting, ink wash, ink wash painting, sumi e, chinese ink, chinese painting,
    ink drawing, 水墨, 水墨画, 水墨风格, 国画, 水墨畫, 中国画, 墨
style pixel
    pixel, pixel art, pixelart, 8bit, 8 bit, 16 bit, 16bit, pixelated, 像素, 像素画, 像素风,
    像素风格, 像素艺术, 像素畫
style sketch
    sketch, pencil, pencil sketch, pencil drawing, line drawing, line art, charcoal, drawing,
    素描, 铅笔, 铅笔画, 线稿, 速写, 鉛筆, 铅笔素描, 手绘
colour red
    red, crimson, scarlet, reddish, 红, 红色, 大红, 赤, 紅, 紅色
colour orange
    orange, 橙, 橙色, 橘色, 橘黄
colour yellow
    yellow, 黄, 黄色, 黃色, 黃
colour gold
    gold, golden, 金色, 金黄, 金黄色
colour green
    green, emerald, 绿, 绿色, 翠绿, 綠, 綠色, 碧绿
colour teal
    teal, cyan, turquoise, 青, 青色, 青绿, 湖蓝
colour blue
    blue, navy, azure, 蓝, 蓝色, 天蓝, 深蓝, 藍, 藍色, 浅蓝
colour purple
    purple, violet, lavender, magenta, 紫, 紫色
colour pink
    pink, 粉, 粉色, 粉红, 粉红色, 粉紅
colour brown
    brown, tan, 棕, 棕色, 褐色, 咖啡色
colour white
    white, 白, 白色, 雪白
colour grey
    grey, gray, silver, 灰, 灰色, 银色
colour black
    black, 黑, 黑色
sky
    sky, skies, heavens, 天空, 天
count 1
    a, an, one, single, 一, 1, 一只, 一个, 一条, 一匹, 一座, 一艘
count 2
    two, pair, pair of, couple of, 2, 两, 二, 两只, 兩, 双, 一对, 两个
count 3
    three, a few, 3, 三, 三只, 三个
count 4
    four, several, some, 4, 四, 几, 几只, 幾, 一些
count 5
    five, group of, a group of, flock of, a flock of, 5, 五, 许多, 一群, 群
count 6
    six, many, lots of, a lot of, herd of, a herd of, 6, 六, 很多, 七, 八, seven, eight, 7, 8,
    dozens of
edit background
    background, backdrop, scenery, 背景, 场景
edit remove
    remove, delete, erase, get rid of, take away, take out, clean up, 去掉, 移除, 删除, 去除,
    抹去, 擦除, 擦掉, 删掉, 刪除, 消除
edit replace
    replace, swap, turn into, change into, change, 换成, 变成, 替换, 换为, 改成, 换, 換成, 變成,
    替換, 替换成, 替换为
edit not
    no, not, without, except, 没有, 不要, 无, 不, 沒有
break
    in, on, at, under, over, with, and, near, behind, beside, between, above, by, into, onto,
    from, to, through, against, 在, 和, 与, 里, 上, 下, 中, 旁, 前, 后, 跟
ignore
    the, of, is, it, its, this, that, make, made, put, add, photo, picture, image, painting, art,
    artwork, illustration, portrait, landscape, scene, view, style, cute, small, big, large,
    little, beautiful, old, new, young, hot, cold, warm, cool, soft, light, dark, bright, high,
    low, quality, detailed, realistic, cinematic, water, reflection, shadow, camera, lens, film,
    color, colour, colorful, movie, poster, canvas, paper, brush, palette, spring, summer,
    autumn, wind, windy, sun, rays, ice cold, best, time, season, holiday, label, fire lit,
    cup of, glass of, bowl of, plate of, 一张, 一幅, 张, 幅, 只, 个, 条, 匹, 座, 的, 了, 把, 它,
    请, 让, 画, 图, 图片, 照片, 风格, 风景, 水, 天气, 太阳, 可爱, 可爱的, 美丽, 漂亮, 小, 大, 老,
    新, 光, 影, 倒影, 春天, 夏天, 秋天, 风, 喝, 吃, 坐, 看, 飞, 跑, 站, 人, 心, 色, 加, 加上,
    添加, 加一, 高, 长, 日, 木, 头, 手, 子, 女, 男, 口, 目, 土, 火, 金, 石, 电, 电影, 相机, 艺术,
    摄影, 油, 纸
"""
