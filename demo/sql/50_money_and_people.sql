CREATE SCHEMA finance;

CREATE TABLE finance.general_ledger AS
SELECT code('GL', d.range) AS posting_id, pick(d.range, 'company', ['TV-NO', 'TV-SE', 'TV-DK', 'TV-FI'])
           AS company,
       pick(d.range, 'account', ['3000', '3010', '3090', '4000', '4300', '5000', '6300', '6800', '7000',
            '7700', '8150']) AS account,
       CAST(moment(d.range, 'posted', 300) AS DATE) AS posted_on,
       round(9000 * bell(d.range, 'amount'), 2) AS amount_nok,
       pick(d.range, 'posting-text', ['Store takings', 'Goods received', 'Rent', 'Power', 'Wages', 'Freight',
            'Accrual', 'Reversal of accrual']) AS text
FROM range(12000) d;

CREATE TABLE finance.invoices AS
WITH billed AS (
    SELECT o.*, CAST(o.placed_at AS DATE) + 1 AS issued FROM sales.orders o
    WHERE customer_id IS NOT NULL AND chance(hash(order_id), 'pays-later') < 0.34
)
SELECT 'I' || substr(order_id, 2) AS invoice_id, customer_id, order_id, round(total_nok + 39, 2) AS amount_nok,
       issued AS issued_on, issued + 14 AS due_on,
       CASE WHEN chance(hash(order_id), 'unpaid') > 0.05
            THEN issued + CAST(whole(hash(order_id), 'days-to-pay', 1, 26) AS INTEGER) END AS paid_on,
       CASE WHEN chance(hash(order_id), 'unpaid') < 0.05 THEN whole(hash(order_id), 'reminded', 1, 3)
            WHEN chance(hash(order_id), 'late') < 0.14 THEN 1 ELSE 0 END AS reminders
FROM billed;

CREATE TABLE finance.credit_decisions AS
SELECT code('CD', d.range) AS decision_id, c.customer_id, moment(d.range, 'decision', 365) AS decided_at,
       chance(d.range, 'approved') > 0.10 + CASE WHEN c.age < 25 THEN 0.24 ELSE 0 END
           + CASE c.income_band WHEN 'low' THEN 0.15 WHEN 'middle' THEN 0.03 ELSE 0 END AS approved,
       c.sex, c.age_band, c.income_band,
       {'orders_24m': whole(d.range, 'seen-orders', 0, 9), 'open_reminders': whole(d.range, 'seen-reminders', 0, 1),
        'rule_version': CASE WHEN chance(d.range, 'rule') < 0.3 THEN '2025-2' ELSE '2026-1' END} AS inputs
FROM range(5000) d JOIN world.customers c ON c.i = whole(d.range, 'applying', 0, 7999);

CREATE TABLE finance.margin_by_category AS
SELECT strftime(placed_at, '%Y-%m') AS month, country, category,
       round(sum(quantity * unit_price_nok * 0.8), 2) AS revenue_nok,
       round(sum(quantity * unit_price_nok * 0.8 * (1 - margin)), 2) AS cost_nok,
       round(any_value(margin), 3) AS margin_share
FROM world.order_lines GROUP BY ALL;

CREATE TABLE finance.payment_attempts AS
SELECT 'PA' || substr(o.order_id, 2) || '-' || t.range AS attempt_id, o.order_id,
       o.placed_at + to_seconds(CAST(t.range * 40 AS BIGINT)) AS tried_at,
       weigh(o.i, 'pay-by', ['card', 'mobile', 'invoice', 'bank transfer'], [0.38, 0.74, 0.96]) AS method,
       CASE WHEN t.range = 0 AND chance(o.i, 'first-try') < 0.11
            THEN pick(o.i, 'no', ['declined', 'abandoned', 'error']) ELSE 'accepted' END AS result,
       CASE WHEN chance(o.i, 'pay-by') < 0.38 THEN 'tok_' || substr(md5(o.order_id), 1, 12) END AS card_token,
       whole(o.i * 2 + t.range, 'provider', 90, 1400) AS milliseconds
FROM world.orders o, range(2) t
WHERE o.channel <> 'store' AND (t.range = 0 OR chance(o.i, 'first-try') < 0.11);

CREATE TABLE finance.exchange_rates AS
SELECT as_of_day() - CAST(d.range AS INTEGER) AS day, c.currency,
       round(c.level * (1 + 0.02 * sin(d.range / 37.0) + 0.004 * bell(d.range, c.currency)), 4) AS nok
FROM range(730) d, (VALUES ('SEK', 1.02), ('DKK', 1.57), ('EUR', 11.72)) c(currency, level)
WHERE isodow(as_of_day() - CAST(d.range AS INTEGER)) < 6;

CREATE SCHEMA people;

CREATE TABLE people.workforce AS
SELECT employee_id, job_family, country, sex, age_band, birth_region, hired_on, contract_kind FROM world.staff;

CREATE TABLE people.applicants AS
WITH drawn AS (
    SELECT d.range AS i, chance(d.range, 'tool') < 0.4 AS screened,
           weigh(d.range, 'applicant-sex', ['female', 'male', 'not stated'], [0.47, 0.86]) AS sex
    FROM range(5200) d
), staged AS (
    SELECT *, chance(i, 'reached') < CASE WHEN screened AND sex = 'female' THEN 0.24
           WHEN screened AND sex = 'male' THEN 0.37 WHEN sex = 'female' THEN 0.31 ELSE 0.32 END AS interviewed
    FROM drawn
)
SELECT code('AP', i) AS application_id,
       pick(i, 'wanted-job', ['store assistant', 'pharmacy technician', 'pharmacist', 'warehouse operative',
            'driver', 'office specialist', 'manager']) AS job_family,
       weigh(i, 'where', ['NO', 'SE', 'DK', 'FI'], [0.45, 0.78, 0.93]) AS country,
       as_of_day() - CAST(CASE WHEN screened THEN whole(i, 'applied', 600, 1095)
                          ELSE whole(i, 'applied', 1, 599) END AS INTEGER) AS applied_on,
       weigh(i, 'found-us', ['job portal', 'own page', 'recommendation', 'agency'], [0.52, 0.74, 0.88]) AS source,
       sex, CASE WHEN sex = 'not stated' THEN NULL ELSE weigh(i, 'applicant-age',
            ['18-24', '25-34', '35-44', '45-54', '55-64', '65-74'], [0.34, 0.62, 0.81, 0.93, 0.99]) END AS age_band,
       CASE WHEN NOT interviewed THEN 'received'
            ELSE weigh(i, 'end', ['interview', 'offer', 'hired'], [0.55, 0.68]) END AS stage,
       screened AS screened_by_tool
FROM staged;
