CREATE SCHEMA customer;

CREATE TABLE customer.customer_master AS
SELECT customer_id, given_name, family_name,
       CASE WHEN chance(i, 'bad-mail') < 0.004 THEN lower(given_name) || '@'
            ELSE lower(strip_accents(given_name || '.' || family_name)) || i || '@post.example' END AS email,
       sex, birth_year, age_band, country, urbanity AS region, postcode, language, income_band,
       registered_on, sign_up_channel
FROM world.customers;

CREATE TABLE customer.consent_register AS
SELECT code('K', d.range) AS consent_id, c.customer_id,
       pick(d.range, 'purpose', ['newsletter', 'profiling', 'sms', 'third-party analytics']) AS purpose,
       chance(d.range, 'given') < 0.71 AS given, moment(d.range, 'decided', 2200) AS decided_at,
       weigh(d.range, 'evidence', ['web form', 'app', 'store tablet', 'letter'], [0.46, 0.74, 0.98])
           AS evidence,
       pick(d.range, 'notice', ['2018-05', '2020-11', '2023-03', '2025-09']) AS notice_version
FROM range(14000) d JOIN world.customers c ON c.i = whole(d.range, 'consenting', 0, 7999);

CREATE TABLE customer.customer_lifetime_value AS
WITH history AS (
    SELECT customer_id, count(DISTINCT order_id) AS orders_24m,
           round(sum(quantity * unit_price_nok * 0.8), 2) AS revenue_24m,
           round(sum(quantity * unit_price_nok * 0.8 * margin), 2) AS margin_24m,
           date_diff('day', CAST(max(placed_at) AS DATE), as_of_day()) AS days_since_last
    FROM world.order_lines WHERE customer_id IS NOT NULL GROUP BY customer_id
), valued AS (
    SELECT *, CASE WHEN orders_24m < 2 THEN avg(margin_24m) OVER () * 0.6
                   ELSE margin_24m * 1.5 * exp(-days_since_last / 540.0) END AS value
    FROM history
)
SELECT customer_id, orders_24m, revenue_24m, margin_24m, days_since_last,
       round(value, 2) AS value_36m, round(value * 0.62, 2) AS value_low,
       round(value * 1.57, 2) AS value_high, orders_24m < 2 AS from_segment_mean,
       as_of_day() - CAST(isodow(as_of_day()) AS INTEGER) AS calculated_on
FROM valued;

CREATE TABLE customer.churn_risk AS
WITH scored AS (
    SELECT v.customer_id, c.country,
           round(least(0.98, greatest(0.01, 0.12 + days_since_last / 420.0 - 0.04 * orders_24m
                 + 0.06 * bell(c.i, 'risk'))), 3) AS risk, days_since_last, orders_24m
    FROM customer.customer_lifetime_value v JOIN world.customers c USING (customer_id)
    WHERE days_since_last <= 365 AND chance(c.i, 'scored') < CASE c.country WHEN 'NO' THEN 1.0
          WHEN 'SE' THEN 0.82 WHEN 'DK' THEN 0.7 ELSE 0.65 END
)
SELECT customer_id, risk,
       CASE WHEN risk < 0.2 THEN 'low' WHEN risk < 0.6 THEN 'medium' ELSE 'high' END AS risk_band,
       CASE WHEN days_since_last > 150 THEN 'long time since the last order'
            WHEN orders_24m < 2 THEN 'only one order so far' ELSE 'fewer club visits than usual' END
           AS strongest_reason,
       'churn-2026.2' AS model_version,
       as_of_day() - CAST(isodow(as_of_day()) AS INTEGER) AS scored_on
FROM scored;

CREATE TABLE customer.contact_centre_cases AS
SELECT code('CC', d.range) AS case_id,
       CASE WHEN chance(d.range, 'unknown-caller') < 0.14 THEN NULL ELSE c.customer_id END AS customer_id,
       moment(d.range, 'opened', 540) AS opened_at,
       weigh(d.range, 'how', ['phone', 'chat', 'mail'], [0.44, 0.81]) AS channel,
       CASE WHEN c.language IN ('Finnish', 'other') AND chance(d.range, 'gave-up') < 0.36
            THEN 'Norwegian' ELSE c.language END AS language,
       pick(d.range, 'reason', ['late delivery', 'wrong article', 'damaged article', 'return and refund',
            'prescription question', 'club points', 'invoice', 'opening hours']) AS reason,
       {'resolved': chance(d.range, 'resolved') < 0.73,
        'minutes': round(4 + 9 * abs(bell(d.range, 'minutes')), 1),
        'compensation_nok': CASE WHEN chance(d.range, 'voucher') < 0.09
                            THEN round(50 + 300 * chance(d.range, 'voucher-size'), 0) END} AS outcome,
       CASE WHEN chance(d.range, 'answered') < 0.26
            THEN weigh(d.range, 'stars', [1, 2, 3, 4, 5], [0.19, 0.26, 0.36, 0.58]) END AS satisfaction
FROM range(6000) d JOIN world.customers c ON c.i = whole(d.range, 'caller', 0, 7999);

CREATE TABLE customer.household_segments_2023 AS
SELECT postcode, 'H' || whole(i, 'segment-2023', 1, 9) AS segment_code,
       CAST(residents / 2.1 AS BIGINT) AS households
FROM world.postcodes;

CREATE TABLE customer.household_segments AS
SELECT postcode, municipality,
       CASE urbanity
           WHEN 'capital region' THEN pick(i, 'kind', ['young city', 'families in town', 'students'])
           WHEN 'other city' THEN pick(i, 'kind', ['families in town', 'settled suburb', 'students', 'mixed'])
           ELSE pick(i, 'kind', ['village and farm', 'retired by the sea', 'mixed']) END AS segment,
       round(0.4 + 0.59 * chance(i, 'certainty'), 2) AS certainty,
       CASE WHEN chance(i, 'second') < 0.6 THEN pick(i, 'second-kind', ['mixed', 'settled suburb']) END
           AS second_choice,
       CAST(year(as_of_day()) AS INTEGER) AS edition
FROM world.postcodes;
