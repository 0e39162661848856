"""What people ask and what models answer in the demonstration: a shop with a support desk, a search and a post room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, the answer a good model gives, and the kind of case it is."""

    question: str
    answer: str
    topic: str


SUPPORT_SYSTEM = (
    "You are the support desk of Harbour & Pine, a shop for outdoor gear. Be friendly and short. Look orders up with "
    "find_order before you speak about them. Refunds are possible within 30 days of delivery; shoes must be unworn. "
    "Never promise a delivery date that the carrier has not confirmed."
)

SUPPORT = (
    Exchange(
        "Where is my order {order}? It was supposed to arrive on Tuesday.",
        "Order {order} left our warehouse on Monday and is with the carrier. They now expect to deliver it tomorrow "
        "before 6 pm. I am sorry for the delay; you will get an e-mail as soon as it is at your door.",
        "delivery",
    ),
    Exchange(
        "I'd like to return the boots from order {order}, they are too small.",
        "No problem. The boots of order {order} were delivered 9 days ago, so you have 21 days left. I have sent the "
        "return label to your e-mail address. Would you like the next size instead of a refund?",
        "refund",
    ),
    Exchange(
        "You charged me twice for {order}!",
        "I checked: there are two authorisations for order {order}, but only one was captured. The second one of the "
        "same amount disappears from your statement within 3 working days; no money has left your account for it.",
        "payment",
    ),
    Exchange(
        "Can I still change the delivery address of {order}?",
        "Yes, order {order} has not been packed yet. Please send me the new address with the postcode, and I will "
        "change it right away.",
        "delivery",
    ),
    Exchange(
        "The zip of my rain jacket broke after two weeks. Order {order}.",
        "I am sorry to hear that. A zip that breaks after two weeks is covered by the warranty. I can send you a new "
        "jacket today from order {order}, or refund it in full. What do you prefer?",
        "warranty",
    ),
    Exchange(
        "Do I have to pay customs if you ship to Norway?",
        "Yes. Orders to Norway are shipped without our VAT, and the carrier collects the Norwegian VAT and a handling "
        "fee of about 150 NOK before delivery.",
        "shipping",
    ),
    Exchange(
        "Please cancel {order}, I ordered the wrong colour.",
        "Done: order {order} is cancelled and the full amount goes back to your card within 5 working days. The same "
        "tent is in stock in moss green if you would like to order it again.",
        "cancellation",
    ),
    Exchange(
        "How do I wash the down sleeping bag?",
        "At 30 °C on the delicate cycle with down detergent and without softener. Then tumble dry on low heat with two "
        "tennis balls until no lump is left; that takes about three hours.",
        "product",
    ),
)

SEARCH_SYSTEM = (
    "Answer the customer's search with the products given below, best first, at most three, one sentence each. "
    "If none fits, say so. Do not invent products."
)

SEARCH = (
    Exchange(
        "light tent for two under 2 kg",
        "1. Skylark 2 (1.6 kg) is the lightest with two doors. 2. Fjell Duo (1.9 kg) stands better in wind. "
        "3. Trail Nest (1.4 kg) fits two if you don't mind a low roof.",
        "tents",
    ),
    Exchange(
        "waterproof trail shoes wide fit",
        "1. Moorland GTX Wide has the broadest toe box and is fully waterproof. 2. Ridge Mid Wide is warmer and "
        "supports the ankle.",
        "shoes",
    ),
    Exchange(
        "gift for someone who hikes with a dog, around 50 euros",
        "1. The Waggle hip leash (39 €) keeps both hands free. 2. The folding bowl set (18 €) goes well with the dog "
        "towel (24 €).",
        "gifts",
    ),
    Exchange(
        "sleeping bag -10 comfort not down",
        "1. Polar Lite Synthetic has a comfort limit of -11 °C and weighs 1.9 kg. 2. Basecamp 10 is cheaper, but at "
        "2.4 kg heavier.",
        "sleeping",
    ),
    Exchange(
        "stove that works with alcohol",
        "1. The Ember spirit burner (85 g) boils half a litre in 7 minutes. 2. The Storm set adds a wind shield and "
        "two pots.",
        "cooking",
    ),
    Exchange(
        "jetpack",
        "None of our products fits that search. Perhaps you are looking for our jet-boil style stoves?",
        "odd",
    ),
)

PRODUCTS = (
    "Skylark 2, tent, 2 persons, 1.6 kg, 419 €",
    "Fjell Duo, tent, 2 persons, 1.9 kg, 359 €",
    "Moorland GTX Wide, trail shoe, waterproof, 149 €",
    "Waggle hip leash for dogs, 39 €",
    "Polar Lite Synthetic, sleeping bag, comfort -11 °C, 189 €",
    "Ember spirit burner, 85 g, 29 €",
    "Storm cooking set, 64 €",
)

INVOICE_SYSTEM = (
    "Extract from the invoice: vendor, number, date (ISO 8601), currency, net, vat, total, and the lines with "
    "description, quantity and price. Answer with JSON alone. Use null for what is not on the page."
)

VENDORS = (
    "Nordwand Textil GmbH",
    "Baltic Freight OÜ",
    "Larch & Sons Ltd",
    "Studio Onda S.r.l.",
    "Kesälahti Pakkaus Oy",
)
GOODS = (
    "Merino yarn, 20 kg",
    "Pallet Tallinn–Hamburg",
    "Shelf brackets, box of 50",
    "Product photos",
    "Cardboard 40×30×20",
)

TRIAGE_SYSTEM = "Sort the message into one of: order, product, complaint, spam. Answer with the one word."

TRIAGE = (
    Exchange("Hello, my parcel has not come and the tracking page is empty.", "order", "order"),
    Exchange("Is the Fjell Duo footprint sold separately?", "product", "product"),
    Exchange("Third time I write. This is the worst service I have ever had.", "complaint", "complaint"),
    Exchange("CONGRATULATIONS you have been selected for a voucher", "spam", "spam"),
    Exchange("Could I get an invoice with our VAT number for my last order?", "order", "order"),
)
