"""Everyday words that CLDR's labels lack, each with a label that stands for the same thing."""

from __future__ import annotations

# "label: word, word": English first, then Chinese in simplified and traditional characters.
_TABLE = """
cat: kitten, kitty, tabby, pussycat, tomcat, 小猫, 猫咪, 小貓, 貓咪, 橘猫, 猫猫, 橘貓
dog: puppy, corgi, husky, labrador, golden retriever, retriever, poodle, terrier, dachshund
dog: beagle, shepherd, bulldog, doggy, pup, shiba, shiba inu, hound, 小狗, 柯基, 狗狗, 哈士奇
dog: 金毛, 柴犬, 犬
rabbit: bunny, hare, 兔子, 兔, 小兔子, 小兔, 白兔
fox: foxes, 小狐狸
bear: grizzly, brown bear, 小熊
panda: panda bear, giant panda, 大熊猫, 熊猫, 貓熊, 熊貓
horse: stallion, mare, pony, foal, 马, 馬, 骏马
cow: cattle, calf, 奶牛, 牛, 乳牛
ewe: sheep, lamb, 绵羊, 羊, 小羊, 綿羊
pig: piglet, hog, 小猪, 小豬
mouse: field mouse, 老鼠, 小老鼠
elephant: elephants, 小象, 大象
tiger: 小老虎, 老虎, 虎
leopard: cheetah, panther, jaguar, snow leopard, 雪豹, 豹子
lion: 狮子, 獅子
wolf: wolves, 狼
deer: stag, doe, fawn, reindeer, elk, 小鹿, 鹿, 麋鹿
monkey: ape, chimpanzee, 猴子, 小猴
bird: songbird, sparrow, robin, bluebird, finch, birdie, seagull, gull, 小鸟, 鸟, 鸟儿, 小鳥, 鳥
bird: 海鸥
chicken: hen, 鸡, 母鸡, 雞
eagle: hawk, falcon, 老鹰, 鹰, 老鷹
duck: mallard, 鸭子, 小鸭子, 小鸭, 鴨子
owl: barn owl, 猫头鹰, 貓頭鷹
parrot: macaw, cockatoo, 鹦鹉, 鸚鵡
fish: goldfish, koi, salmon, trout, carp, 鱼, 小鱼, 金鱼, 锦鲤, 魚, 金魚, 錦鯉
whale: humpback, humpback whale, blue whale, 鲸鱼, 鲸, 鯨魚, 鯨, 鲸魚
dolphin: porpoise, 海豚
turtle: tortoise, sea turtle, 乌龟, 海龟, 烏龜, 海龜
snail: slug, 蜗牛, 蝸牛
butterfly: butterflies, moth, 蝴蝶
honeybee: bee, bumblebee, 蜜蜂
lady beetle: ladybug, ladybird, 瓢虫
dragon: wyvern, 龙, 巨龙, 龍, 巨龍
t-rex: tyrannosaurus, dinosaur, dino, 恐龙, 恐龍
unicorn: 独角兽, 獨角獸
evergreen tree: pine, pine tree, fir, fir tree, spruce, christmas tree, 松树, 松樹, 杉树, 圣诞树
deciduous tree: tree, oak, oak tree, 树, 大树, 樹, 大樹, 树木
palm tree: palm, coconut tree, 棕榈树, 椰子树
cherry blossom: sakura, cherry blossoms, 樱花, 桃花, 梅花, 櫻花
blossom: flower, daisy, wildflower, wildflowers, 花, 花朵, 鲜花, 小花, 野花, 花儿
rose: red rose, roses, 玫瑰, 玫瑰花
sunflower: sunflowers, 向日葵
tulip: tulips, 郁金香, 鬱金香
lotus: water lily, lotus flower, 荷花, 莲花, 蓮花
maple leaf: maple, maple leaves, 枫叶, 楓葉
mushroom: toadstool, shroom, 蘑菇
cactus: cacti, 仙人掌
house: cottage, cabin, hut, farmhouse, villa, home, 房子, 小屋, 木屋, 房屋, 小房子
castle: fortress, palace, 城堡, 宫殿, 宮殿
japanese castle: pagoda, pavilion, 亭子, 宝塔, 塔, 楼阁, 古塔
church: chapel, cathedral, 教堂
tokyo tower: tower, lighthouse, eiffel tower, 灯塔, 铁塔, 燈塔, 高塔
tent: campsite, 帐篷, 帳篷
fountain: 喷泉, 噴泉
automobile: car, sedan, taxi cab, 汽车, 车, 轿车, 小汽车, 汽車, 車, 跑车
sport utility vehicle: suv, jeep, van, minivan, 越野车
pickup truck: truck, pickup, 卡车, 货车, 皮卡
bus: coach, 公交车, 巴士, 公車, 大巴
locomotive: train, steam train, steam engine, 火车, 蒸汽火车, 火車
high-speed train: bullet train, shinkansen, 高铁
bicycle: bike, cycle, 自行车, 单车, 腳踏車, 自行車
motorcycle: motorbike, 摩托车, 摩托車
sailboat: boat, yacht, sailing boat, sailing ship, sail, rowboat, fishing boat, 船, 小船, 帆船
sailboat: 渔船, 扁舟, 孤舟, 木船, 漁船
ship: ocean liner, cruise ship, steamer, galleon, 轮船, 大船, 輪船
canoe: kayak, gondola, raft, 独木舟, 皮划艇
airplane: plane, aeroplane, jet, aircraft, 飞机, 飛機
rocket: spaceship, spacecraft, space ship, rocket ship, 火箭, 飞船, 宇宙飞船
flying saucer: ufo, 飞碟, 飛碟
balloon: balloons, hot air balloon, hot-air balloon, 气球, 热气球, 氣球, 熱氣球
astronaut: cosmonaut, spaceman, 宇航员, 太空人, 航天员, 宇航員
robot: android, droid, mech, 机器人, 機器人
ghost: spirit, 幽灵, 鬼魂
alien: extraterrestrial, 外星人
person: human, somebody, 人物
girl: little girl, 女孩, 小女孩, 少女
boy: little boy, 男孩, 小男孩, 少年
woman: lady, 女人, 女子, 女士, 姑娘
man: gentleman, guy, 男人, 男子
old man: grandfather, 老人, 老头
baby: infant, newborn, toddler, 婴儿, 宝宝, 嬰兒
mage: wizard, witch, sorcerer, magician, 巫师, 魔法师, 女巫
princess: 公主
prince: 王子
fairy: pixie, 精灵, 仙女
mermaid: 美人鱼, 美人魚
ninja: samurai, warrior, 武士, 忍者
snowman: 雪人
teapot: kettle, 茶壶, 茶壺
hot beverage: coffee, cup of coffee, coffee cup, cappuccino, latte, espresso, cocoa, mug, 咖啡
hot beverage: 一杯咖啡, 热咖啡, 咖啡杯, 热茶
teacup without handle: tea, teacup, cup of tea, cup, 茶, 茶杯, 杯子, 绿茶
wine glass: wine, red wine, 红酒, 葡萄酒
beer mug: beer, pint, 啤酒
shortcake: cake, slice of cake, 蛋糕
birthday cake: 生日蛋糕
doughnut: donut, donuts, 甜甜圈
red apple: apple, apples, 苹果, 红苹果, 蘋果
green apple: 青苹果, 绿苹果
tangerine: orange fruit, mandarin, oranges, 橘子, 橙子
lemon: lemons, 柠檬
grapes: grape, 葡萄
strawberry: strawberries, berry, 草莓
hamburger: burger, cheeseburger, 汉堡, 汉堡包, 漢堡
steaming bowl: noodles, ramen, noodle soup, 面条, 拉面, 麵條
bread: loaf, loaf of bread, 面包, 麵包
growing heart: heart, red heart, 爱心, 心形
gem stone: gem, diamond, jewel, crystal, 宝石, 钻石, 寶石
crown: tiara, 皇冠, 王冠
umbrella: parasol, 雨伞, 伞, 雨傘, 傘
red paper lantern: lantern, paper lantern, lanterns, 灯笼, 燈籠, 红灯笼
books: stack of books, pile of books, 书本, 书, 書, 书籍
open book: book, 打开的书
candle: candles, 蜡烛, 蠟燭
guitar: acoustic guitar, electric guitar, 吉他
musical keyboard: piano, grand piano, keyboard instrument, 钢琴, 鋼琴
laptop: computer, notebook computer, 电脑, 笔记本电脑, 電腦
telescope: 望远镜, 望遠鏡
wrapped gift: gift, present, gift box, 礼物, 禮物
teddy bear: teddy, plush bear, 泰迪熊, 玩具熊
potted plant: houseplant, house plant, plant, 盆栽, 植物, 绿植
bouquet: bunch of flowers, flower bouquet, 花束
chair: armchair, 椅子
couch and lamp: sofa, couch, 沙发
top hat: hat, 帽子, 礼帽
running shoe: sneaker, sneakers, shoe, shoes, 鞋子, 运动鞋
soccer ball: football, ball, 足球, 球
volcano: 火山
desert island: island, 小岛, 岛屿, 荒岛, 小島
ferris wheel: 摩天轮, 摩天輪
carousel horse: carousel, merry-go-round, 旋转木马
star: golden star, 五角星
"""


def _read_table(table: str) -> dict[str, str]:
    rows = (line.split(": ", 1) for line in table.strip().splitlines())
    return {word: label for label, words in rows for word in words.split(", ") if word != label}


SYNONYMS = _read_table(_TABLE)
