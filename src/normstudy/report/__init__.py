"""What runs say: tables, pictures and sentences, over shared drawing, wording and statistics."""
